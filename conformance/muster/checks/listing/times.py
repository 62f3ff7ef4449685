"""Rules on `filters={"before": ...}`, `since` and `until`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.errors import refused
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.exchange import Exchange
from muster.model.image import SHORT_ID, Image, plain_id
from muster.model.names import ABSENT_IMAGE
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

NO_SUCH = f"{ABSENT_IMAGE}:latest"
EARLY = ("1", "1970-01-01", "1970-01-01T00:00:01Z", "1970-01-01T02:00:00+02:00", "876000h")
"""Times before every image that has a date; the last is a hundred years ago."""

LATE = ("253402300799", "9999-12-31T23:59:59Z", "9999-12-31")
"""The last second of the year 9999, and its last day."""

FIRST_SECOND = 1


NEAR = 60
"""Seconds: more than clocks of one machine differ by."""


def _query(name: str, *values: str) -> Query:
    return Query(filters={name: list(values)})


@check("LIST-BEFORE")
def before_lists_older_images(context: Context) -> Steps[Passed]:
    """Ids and tags of images that have a date, against the model."""
    return (yield from _compared(context, "before"))


@check("LIST-SINCE")
def since_lists_newer_images(context: Context) -> Steps[Passed]:
    """Ids and tags of images that have a date, against the model."""
    return (yield from _compared(context, "since"))


def _compared(context: Context, name: str) -> Steps[Passed]:
    everything = yield from steps.full_listing(at_least=2)
    values = context.some(_names(everything.images))
    if not values:
        raise Inconclusive("no image has a creation date after 1970: add one")
    yield from steps.compare_with_oracle(
        context, everything, [_query(name, value) for value in values]
    )
    for one, other in context.some(_of_one_second(everything.images), at_most=4):
        yield from _not_both(name, one, other)
    return Passed()


def _of_one_second(images: Sequence[Image]) -> list[tuple[Image, Image]]:
    """Return neighbours of the listing that were created in the same second."""
    return [pair for pair in pairwise(_dated(images)) if pair[0].created == pair[1].created]


def _not_both(name: str, one: Image, other: Image) -> Steps[None]:
    """Check that two images of the same second are not each before, or after, the other."""
    shown: list[Exchange] = []
    for image, named in ((one, other), (other, one)):
        found = yield from steps.require_listing(_query(name, named.id).request())
        if all(each.id != image.id for each in found.images):
            return
        shown.append(found.exchange)
    raise Departure(
        f"{name} lists {one} for {other}, and {other} for {one}: an image of the same instant "
        "comes neither before nor after",
        shown,
    )


def _names(images: Sequence[Image]) -> list[str]:
    """Return the ways to name an image: full and short Id, and its names, with `latest` omitted."""
    short = Counter(plain_id(image.id)[:SHORT_ID] for image in images)
    names: list[str] = []
    for image in _dated(images):
        names += [image.id, plain_id(image.id), *image.references]
        names += [each for each in [plain_id(image.id)[:SHORT_ID]] if short[each] == 1]
        names += [tag.removesuffix(":latest") for tag in image.tags if tag.endswith(":latest")]
    return names


def _dated(images: Sequence[Image]) -> list[Image]:
    return [image for image in images if image.created is not None and image.created > 0]


@check("LIST-TIMES-AND")
def every_one_of_several_times_applies(context: Context) -> Steps[Passed]:
    """Two and three images at once, in each order, twice, against the model."""
    everything = yield from steps.full_listing(at_least=2)
    dated = {image.created or 0: image.id for image in _dated(everything.images)}
    if len(dated) < 3:  # noqa: PLR2004 - one before, one between and one after
        raise Inconclusive("there are not three images of different dates: add others")
    old, new = dated[min(dated)], dated[max(dated)]
    middle = next(each for each in dated.values() if each not in {old, new})
    several = [(old, new), (new, old), (old, middle, new), (new, middle), (middle, old)]
    queries = [Query(filters={name: values}) for name in ("before", "since") for values in several]
    yield from steps.compare_with_oracle(context, everything, queries * 2)
    return Passed()


@check("LIST-BEFORE-UNKNOWN")
def an_unknown_image_is_an_error(_: Context) -> Steps[Passed]:
    """`before` and `since` an image that does not exist."""
    return (yield from refused([_query(name, NO_SUCH).request() for name in ("before", "since")]))


@check("LIST-UNTIL")
def until_lists_images_from_before_a_time(context: Context) -> Steps[Passed]:
    """Times before and after every image, both together, and the instants of images themselves."""
    usual = yield from steps.default_listing()
    for early in EARLY:
        yield from _lists_nothing(early)
    for late in LATE:
        yield from _lists_everything(usual, late)
    for several in ((EARLY[0], LATE[0]), (LATE[0], EARLY[0])):
        yield from _is_as_the_earliest(several)
    now = int(time.time())
    past = {image.created or 0 for image in _dated(usual.images) if (image.created or 0) < now}
    for instant in context.some(sorted(past), at_most=4):
        yield from _leaves_out_its_own(instant)
    return Passed()


def _lists_nothing(text: str) -> Steps[None]:
    early = yield from steps.fetch_listing(_query("until", text).request())
    for image in early.images:
        if image.created is not None and image.created > FIRST_SECOND:
            raise Departure(
                f"until={text} lists {image}, created at {image.created}", [early.exchange]
            )


def _lists_everything(usual: Listing, text: str) -> Steps[None]:
    late = yield from steps.fetch_listing(_query("until", text).request())
    there = {image.id for image in late.images}
    for image in usual.images:
        if image.id not in there and image.created is not None and image.created > 0:
            raise Departure(
                f"until={text} leaves out {image}, created at {image.created}",
                [usual.exchange, late.exchange],
                [f"- missing: {image}"],
            )


def _is_as_the_earliest(times: Sequence[str]) -> Steps[None]:
    early = yield from steps.require_listing(_query("until", EARLY[0]).request())
    both = yield from steps.fetch_listing(_query("until", *times).request())
    lines = difference.image_differences(Expected(early.images), both.images)
    if lines:
        raise Departure(
            f"until with {' and '.join(times)} lists other images than until={EARLY[0]} alone",
            [early.exchange, both.exchange],
            difference.truncate(lines),
        )


def _leaves_out_its_own(instant: int) -> Steps[None]:
    """Check that until an instant lists no image of that instant.

    A store that dates images otherwise than it shows may list it, even a minute earlier.
    """
    at = yield from steps.fetch_listing(_query("until", str(instant)).request())
    own = [image for image in at.images if image.created == instant]
    if not own:
        return
    earlier = yield from steps.require_listing(_query("until", str(instant - NEAR)).request())
    there = {image.id for image in earlier.images}
    for image in own:
        if image.id not in there:
            raise Departure(
                f"until={instant} lists {image}, which was created at that instant",
                [at.exchange, earlier.exchange],
            )


@check("LIST-UNTIL-VALUE")
def until_needs_a_time(_: Context) -> Steps[Passed]:
    """Invalid values of `until`."""
    return (yield from refused([_query("until", value).request() for value in ("muster", "")]))
