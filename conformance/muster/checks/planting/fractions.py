"""Rules on planted images that were created in one second, at different fractions of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.parameters import LATER_FILTERS
from muster.checks.steps import Listing
from muster.model.image import Image
from muster.model.query import Query
from muster.planting.docker_archive import seconds
from muster.planting.fixtures import INSTANT
from muster.register.verdict import Departure, Passed

BETWEEN = {".5": 1, ".8": 3}
"""Fractions, and how many of the three images were created before them."""

EARLIER, LATER = "2016-10-05T23:00:00Z", "2016-10-07T01:00:00Z"
"""Instants before and after all of them."""


@check("PLANT-FRACTIONS")
def fractions_of_a_second_count(context: Context) -> Steps[Passed]:
    """`before`, `since` and `until` with three images of one second."""
    first = yield from planted_steps.listed_image(context.plant("instant0"))
    second = yield from planted_steps.listed_image(context.plant("instant1"))
    third = yield from planted_steps.listed_image(context.plant("instant2"))
    images = [first, second, third]
    before = yield from _listed_by("before", images)
    since = yield from _listed_by("since", images)
    for one, other in combinations(images, 2):
        _one_is_first(one, other, before)
        for image, named in ((one, other), (other, one)):
            _is_in_both(image, named, before, since)
    if context.version >= LATER_FILTERS["until"]:
        yield from _until(images)
    return Passed()


def _listed_by(name: str, images: Sequence[Image]) -> Steps[dict[str, Listing]]:
    """Return the answers to the filter *name* with each of *images*, by its Id."""
    found: dict[str, Listing] = {}
    for image in images:
        query = Query(filters={name: [image.id]})
        found[image.id] = yield from steps.require_listing(query.request(), see="LIST-BEFORE")
    return found


def _one_is_first(one: Image, other: Image, before: dict[str, Listing]) -> None:
    """Check that one of two images comes before the other, whichever date the server keeps."""
    answers = [before[one.id], before[other.id]]
    if _in(other, answers[0]) == _in(one, answers[1]):
        told = "each comes" if _in(one, answers[1]) else "neither comes"
        raise Departure(
            f"of {one} and {other}, of the same second, {told} before the other",
            [answer.exchange for answer in answers],
            ["- one comes before the other", f"+ {told} before the other"],
        )


def _is_in_both(
    image: Image, named: Image, before: dict[str, Listing], since: dict[str, Listing]
) -> None:
    """Check that `since` *image* lists *named* if `before` *named* lists *image*."""
    answers = [before[named.id], since[image.id]]
    if _in(image, answers[0]) != _in(named, answers[1]):
        raise Departure(
            f"before and since disagree about {image} and {named}, of the same second",
            [answer.exchange for answer in answers],
        )


def _until(images: Sequence[Image]) -> Steps[None]:
    """Check `until` between the images, if the server dates them as their configs do."""
    earlier, later = (yield from _until_time(EARLIER)), (yield from _until_time(LATER))
    if any(_in(image, earlier) or not _in(image, later) for image in images):
        return
    spellings = [f"{INSTANT}{{}}Z", f"{seconds(f'{INSTANT}Z')}{{}}"]
    for (fraction, count), spelling in product(BETWEEN.items(), spellings):
        text = spelling.format(fraction)
        found = yield from _until_time(text)
        for image in images:
            if _in(image, found) != (image in images[:count]):
                raise Departure(
                    f"until={text} is wrong about {image}, of the same second",
                    [later.exchange, found.exchange],
                    [f"- {count} of the three images of this second"],
                )


def _until_time(text: str) -> Steps[Listing]:
    return (
        yield from steps.require_listing(
            Query(filters={"until": [text]}).request(), see="LIST-UNTIL"
        )
    )


def _in(image: Image, found: Listing) -> bool:
    return any(each.id == image.id for each in found.images)
