"""Rules on listings requested while images are tagged, untagged and deleted."""

from __future__ import annotations

from collections.abc import Sequence

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Parallel, Steps, check
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.query import ALL
from muster.model.reference import repository
from muster.planting.fixtures import Origin
from muster.planting.plan import remove_request, tag_request
from muster.register.verdict import Departure, Passed

TIMES = 12
"""How often to add and remove a tag."""


@check("PLANT-CONCURRENT-TAG")
def listings_during_tagging_are_consistent(context: Context) -> Steps[Passed]:
    """A tag is given and taken away again and again, over one connection; others list meanwhile."""
    image = context.plant("tagged")
    listed = yield from planted_steps.listed_image(image)
    name = f"{repository(image.tags[0])}:flickering"
    before, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    writes = (tag_request(image.tags[0], name), remove_request(name)) * TIMES
    for found in (yield from _meanwhile(writes)):
        for _, there in pairs:
            tags = [each.tags for each in found.images if each.id == there.id]
            if [_without(name, each) for each in tags] != [_without(name, there.tags)]:
                raise Departure(
                    f"{there} is listed incorrectly while a tag of {image.tags[0]} changes",
                    [before.exchange, found.exchange],
                    [f"- {', '.join(there.tags)}", *(f"+ {', '.join(each)}" for each in tags)],
                )
        if any(name in each.tags for each in found.images):
            planted_steps.require_holder(name, listed, found)
    return Passed()


@check("PLANT-CONCURRENT-MOVE")
def a_moving_tag_stays_listed(context: Context) -> Steps[Passed]:
    """A tag is given to two planted images by turns, over one connection; others list meanwhile."""
    one, other = context.plant("tagged"), context.plant("json")
    name = f"{repository(one.tags[0])}:wandering"
    yield from planted_steps.expect_change(tag_request(one.tags[0], name))
    writes = tuple(tag_request(image.tags[0], name) for image in (other, one)) * TIMES
    listings = yield from _meanwhile(writes)
    yield from planted_steps.expect_change(remove_request(name))
    holders = [sum(name in image.tags for image in found.images) for found in listings]
    odd = [found.exchange for found, count in zip(listings, holders, strict=True) if count != 1]
    if not odd:
        return Passed("a tag that moves between two images is at one of them in every listing")
    seen = " or ".join(f"at {count}" for count in sorted(set(holders) - {1}))
    return Passed(f"a tag that moves between two images may be listed {seen} images", (odd[0],))


@check("PLANT-CONCURRENT-REMOVE")
def listings_during_removal_are_listings(context: Context) -> Steps[Passed]:
    """Planted images are removed one after the other; others list meanwhile."""
    going = [image for image in context.planted if image.key.startswith("going")]
    staying = [context.plant("tagged"), context.plant("json")]
    for image in staying:
        yield from planted_steps.listed_image(image)
    listings = yield from _meanwhile(tuple(remove_request(each.tags[0]) for each in going))
    for found in listings:
        planted_steps.require_each_once(found, staying)
    return Passed()


def _without(name: str, tags: Sequence[str]) -> list[str]:
    return sorted(tag for tag in tags if tag != name)


def _meanwhile(writes: tuple[Request, ...]) -> Steps[Sequence[Listing]]:
    """Return the listings that two connections get while a third one makes *writes*.

    Raises:
        Inconclusive: If the server refuses a change.
        Departure: If a response to the other two is not a listing.
    """
    lists = (ALL,) * len(writes)
    answers: tuple[tuple[Exchange, ...], ...] = yield Parallel((writes, lists, lists))
    changed, *lists_of = answers
    for exchange in changed:
        planted_steps.expect_success(exchange)
    return [steps.as_listing(exchange) for exchanges in lists_of for exchange in exchanges]
