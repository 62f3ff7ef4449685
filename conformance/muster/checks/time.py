"""Rules on `filters={"before": ...}`, `since` and `until`."""

from __future__ import annotations

from collections.abc import Sequence

from muster import evidence
from muster.check import Context, Steps, check
from muster.checks.mistakes import refused
from muster.image import Image
from muster.query import Query
from muster.verdict import Departure, Held, NoEvidence

NO_SUCH = "muster.test/no-such-image:latest"
EARLY = 1
LATE = 253402300799
"""The last second of the year 9999."""


def _query(name: str, value: str) -> Query:
    return Query(filters={name: [value]})


@check("LIST-BEFORE")
def before_lists_older_images(context: Context) -> Steps[Held]:
    """Ids and tags of images that have a date, against the model."""
    return (yield from _compared(context, "before"))


@check("LIST-SINCE")
def since_lists_newer_images(context: Context) -> Steps[Held]:
    """Ids and tags of images that have a date, against the model."""
    return (yield from _compared(context, "since"))


def _compared(context: Context, name: str) -> Steps[Held]:
    everything = yield from evidence.full(at_least=2)
    values = context.some(_names(everything.images))
    if not values:
        raise NoEvidence("no image has a creation date after 1970: add one")
    yield from evidence.tried(context, everything, [_query(name, value) for value in values])
    return Held()


def _names(images: Sequence[Image]) -> list[str]:
    dated = [image for image in images if image.created is not None and image.created > 0]
    return [name for image in dated for name in (image.id, *image.tags[:1])]


@check("LIST-BEFORE-UNKNOWN")
def an_image_that_is_not_there_is_an_error(_: Context) -> Steps[Held]:
    """`before` and `since` an image that does not exist."""
    return (yield from refused([_query(name, NO_SUCH).request() for name in ("before", "since")]))


@check("LIST-UNTIL")
def until_lists_images_from_before_a_time(_: Context) -> Steps[Held]:
    """A time before every image, and one after, which hold however an engine dates its images."""
    usual = yield from evidence.plain()
    early = yield from evidence.listed(_query("until", str(EARLY)).request())
    for image in early.images:
        if image.created is not None and image.created > EARLY:
            raise Departure(
                f"until={EARLY} lists {image}, created at {image.created}", [early.exchange]
            )
    late = yield from evidence.listed(_query("until", str(LATE)).request())
    there = {image.id for image in late.images}
    for image in usual.images:
        if image.id not in there and image.created is not None and image.created > 0:
            raise Departure(
                f"until={LATE} leaves out {image}, created at {image.created}",
                [usual.exchange, late.exchange],
            )
    return Held()


@check("LIST-UNTIL-VALUE")
def until_needs_a_time(_: Context) -> Steps[Held]:
    """Values of `until` that are no time."""
    return (yield from refused([_query("until", value).request() for value in ("muster", "")]))
