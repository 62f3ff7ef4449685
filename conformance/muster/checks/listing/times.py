"""Rules on `filters={"before": ...}`, `since` and `until`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.errors import refused
from muster.model.image import SHORT_ID, Image, plain_id
from muster.model.names import ABSENT_IMAGE
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

NO_SUCH = f"{ABSENT_IMAGE}:latest"
EARLY = ("1", "1970-01-01", "1970-01-01T00:00:01Z", "1970-01-01T02:00:00+02:00", "876000h")
"""Times before every image that has a date; the last is a hundred years ago."""

LATE = ("253402300799", "9999-12-31T23:59:59Z", "9999-12-31")
"""The last second of the year 9999, and its last day."""

FIRST_SECOND = 1


def _query(name: str, value: str) -> Query:
    return Query(filters={name: [value]})


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
    return Passed()


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
def every_one_of_several_times_counts(context: Context) -> Steps[Passed]:
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
def an_image_that_is_not_there_is_an_error(_: Context) -> Steps[Passed]:
    """`before` and `since` an image that does not exist."""
    return (yield from refused([_query(name, NO_SUCH).request() for name in ("before", "since")]))


@check("LIST-UNTIL")
def until_lists_images_from_before_a_time(_: Context) -> Steps[Passed]:
    """A time before every image, and one after, which hold however an engine dates its images."""
    usual = yield from steps.default_listing()
    for time in EARLY:
        early = yield from steps.fetch_listing(_query("until", time).request())
        for image in early.images:
            if image.created is not None and image.created > FIRST_SECOND:
                raise Departure(
                    f"until={time} lists {image}, created at {image.created}", [early.exchange]
                )
    for time in LATE:
        late = yield from steps.fetch_listing(_query("until", time).request())
        there = {image.id for image in late.images}
        for image in usual.images:
            if image.id not in there and image.created is not None and image.created > 0:
                raise Departure(
                    f"until={time} leaves out {image}, created at {image.created}",
                    [usual.exchange, late.exchange],
                )
    return Passed()


@check("LIST-UNTIL-VALUE")
def until_needs_a_time(_: Context) -> Steps[Passed]:
    """Values of `until` that are no time."""
    return (yield from refused([_query("until", value).request() for value in ("muster", "")]))
