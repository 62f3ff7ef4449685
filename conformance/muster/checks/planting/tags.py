"""Rules on the very next listing after images were tagged, untagged or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Parallel, Steps, check
from muster.checks.listing.names import by_filter, by_reference
from muster.checks.listing.other_endpoints import inspected
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.image import PLACEHOLDERS, Image, plain_id, strings
from muster.model.name_filter import WITH_REFERENCE
from muster.model.oracle import intermediate
from muster.model.query import ALL, PLAIN, Query, inspect_request
from muster.model.reference import repository
from muster.planting.fixtures import Planted
from muster.planting.plan import remove_request, tag_request
from muster.register.verdict import Departure, Inconclusive, Passed

DANGLING = Query(filters={"dangling": ["true"]}).request()
SHOWN = (ALL, PLAIN)


@check("PLANT-TAG")
def a_new_tag_shows_immediately(context: Context) -> Steps[Passed]:
    """A planted image is tagged once more, and the tag taken away again; other connections list."""
    image = context.plant("tagged")
    listed = yield from planted_steps.listed_image(image)
    name = f"{repository(image.tags[0])}:Again_1.0-rc.1"
    yield from _stands(name, None)
    yield from planted_steps.expect_change(tag_request(image.tags[0], name))
    yield from _stands(name, listed)
    yield from planted_steps.expect_change(remove_request(name))
    try:
        yield from _stands(name, None)
    except Departure as departure:
        raise Departure(departure.message, departure.exchanges, see="PLANT-UNTAG") from departure
    yield from _other_connections_see(image, name, listed)
    return Passed()


def _other_connections_see(planted: Planted, name: str, image: Image) -> Steps[None]:
    """Check that a connection that has listed before shows a tag that another one gave."""
    changes = (tag_request(planted.tags[0], name), remove_request(name))
    # The first connection lists, the second changes, the third lists only after each change.
    lists = (ALL, ALL, ALL)
    old, changed, new = yield Parallel((lists, (*changes, ALL), (ALL, ALL)), by_turns=True)
    for exchange in changed:
        planted_steps.expect_success(exchange)
    for before, after, holder in ((old[1], new[0], image), (old[2], new[1], None)):
        fresh = steps.as_listing(after)
        planted_steps.require_holder(name, holder, fresh)
        try:
            planted_steps.require_holder(name, holder, steps.as_listing(before))
        except Departure as departure:
            raise Departure(
                f"{departure.message}: a connection from before the change shows an old listing, "
                "and another connection sees the truth",
                [before, after],
                departure.difference,
                together=True,
            ) from departure


@check("PLANT-TAG-FILTERED")
def a_new_tag_shows_in_filtered_listings(context: Context) -> Steps[Passed]:
    """By name, by label and with `dangling=false`, before and after a tag is given and taken."""
    image = context.plant("tagged")
    listed = yield from planted_steps.listed_image(image)
    name = f"{repository(image.tags[0])}:filtered"
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    asked = [
        by(name).request(),
        by(repository(name)).request(),
        *(Query(filters={"label": [key]}).request() for key in listed.labels),
        Query(filters={"dangling": ["false"]}).request(),
        Query(digests=True).request(),
    ]
    listings: list[Request] = []
    for request in asked:
        # Another rule reports images that are not listed at all.
        with suppress(Departure):
            yield from steps.fetch_listing(request)
            listings.append(request)
    yield from _stands(name, None, listings)
    yield from planted_steps.expect_change(tag_request(image.tags[0], name))
    yield from _stands(name, listed, listings)
    yield from planted_steps.expect_change(remove_request(name))
    yield from _stands(name, None, listings)
    return Passed()


@check("PLANT-TAG-INTERMEDIATE")
def a_named_intermediate_image_is_listed(context: Context) -> Steps[Passed]:
    """A planted intermediate image is tagged."""
    image = context.plant("mid")
    yield from planted_steps.listed_image(image)
    everything = yield from steps.full_listing()
    between = [
        each for each in intermediate(everything.images) if planted_steps.is_same(image, each)
    ]
    if not between:
        raise Inconclusive("the server takes no planted image for an intermediate one")
    name = f"{repository(context.plant('tagged').tags[0])}:intermediate"
    yield from planted_steps.expect_change(tag_request(between[0].id, name))
    yield from _stands(name, between[0], [*SHOWN, Query(filters={"dangling": ["false"]}).request()])
    # Some engines remove the tag and then report that the image itself must stay.
    yield remove_request(name)
    return Passed()


@check("PLANT-TAG-MOVES")
def a_tag_moves_to_another_image(context: Context) -> Steps[Passed]:
    """A tag is given to one planted image and then to another."""
    one, other = context.plant("tagged"), context.plant("json")
    listed = yield from planted_steps.listed_image(other)
    name = f"{repository(one.tags[0])}:moving"
    yield from planted_steps.expect_change(tag_request(one.tags[0], name))
    yield from planted_steps.expect_change(tag_request(other.tags[0], name))
    yield from _stands(name, listed)
    yield from planted_steps.expect_change(remove_request(name))
    return Passed()


@check("PLANT-TAG-LAST")
def an_image_that_lost_its_tag_stays(context: Context) -> Steps[Passed]:
    """The only tag of a planted image, whose child is removed, is given to another one."""
    loser, winner = context.plant("retagged"), context.plant("tagged")
    listed = yield from planted_steps.listed_image(loser)
    yield from planted_steps.expect_change(remove_request(context.plant("ofretagged").tags[0]))
    yield from planted_steps.expect_change(tag_request(winner.tags[0], loser.tags[0]))
    for request in (ALL, DANGLING):
        found = yield from steps.fetch_listing(request)
        shown = [image for image in found.images if image.id == listed.id]
        if len(shown) != 1 or shown[0].tags:
            raise Departure(
                "an image whose only tag was given to another is not listed as untagged",
                [found.exchange],
                [
                    f"- {listed.id} untagged",
                    *([f"+ {image}" for image in shown] or ["+ not listed"]),
                ],
            )
        _placeholders_stand_together(shown[0], found)
    return Passed()


def _placeholders_stand_together(image: Image, found: Listing) -> None:
    """Check that an image without names shows `<none>` for both kinds of name, or for neither."""
    halves = [
        bool(PLACEHOLDERS.intersection(strings(image.raw[member])))
        for member in ("RepoTags", "RepoDigests")
        if member in image.raw
    ]
    if len(set(halves)) > 1:
        raise Departure(
            "an image whose only tag was given to another shows half a placeholder",
            [found.exchange],
            [
                "- RepoTags and RepoDigests: <none> in both, or in neither",
                f"+ {image.raw['RepoTags']} and {image.raw['RepoDigests']}",
            ],
        )


@check("PLANT-UNTAG")
def an_untagged_image_keeps_its_other_tags(context: Context) -> Steps[Passed]:
    """The removal of one of the two tags of a planted image."""
    image = context.plant("untagged")
    listed = yield from planted_steps.listed_image(image)
    kept, removed = image.tags
    yield from planted_steps.expect_change(remove_request(removed))
    yield from _stands(removed, None)
    yield from _stands(kept, listed)
    return Passed()


@check("PLANT-REMOVE")
def a_removed_image_disappears_immediately(context: Context) -> Steps[Passed]:
    """The only tag of a planted image is removed, and the image with it."""
    image = context.plant("removed")
    listed = yield from planted_steps.listed_image(image)
    yield from planted_steps.expect_change(remove_request(image.tags[0]))
    return (yield from _gone(context, image, listed))


@check("PLANT-REMOVE-ID")
def an_image_removed_by_its_id_disappears_immediately(context: Context) -> Steps[Passed]:
    """A planted image with one tag is removed by its Id."""
    image = context.plant("byid")
    listed = yield from planted_steps.listed_image(image)
    yield from planted_steps.expect_change(remove_request(listed.id))
    return (yield from _gone(context, image, listed))


def _stands(name: str, image: Image | None, listings: Iterable[Request] = SHOWN) -> Steps[None]:
    """Check that in the very next *listings* *image* has *name*, or no image has it."""
    for request in listings:
        planted_steps.require_holder(name, image, (yield from steps.fetch_listing(request)))


def _gone(context: Context, image: Planted, was: Image) -> Steps[Passed]:
    """Check that *image*, listed as *was*, is not in the very next listings, nor inspected."""
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    filtered = [by(tag) for tag in was.tags]
    filtered += [Query(filters={"label": [f"{key}={was.labels[key]}"]}) for key in was.labels]
    listings: list[Listing] = []
    for request in SHOWN:
        listings.append((yield from steps.fetch_listing(request)))  # noqa: PERF401 - cannot yield
    for query in filtered:
        # Some engines refuse names that no image has.
        with suppress(Departure):
            listings.append((yield from steps.fetch_listing(query.request())))
    for found in listings:
        for listed in found.images:
            if planted_steps.is_same(image, listed):
                raise Departure(
                    f"{listed} is listed after it was removed",
                    [found.exchange],
                    ["- not listed", f"+ {listed}"],
                )
    for name in (was.id, *was.tags):
        exchange: Exchange = yield inspect_request(name)
        shown = inspected(exchange)
        if shown is not None and plain_id(str(shown.get("Id"))) == plain_id(was.id):
            raise Departure(
                f"{was} is inspected after it was removed",
                [exchange],
                ["- no such image", f"+ {shown.get('Id')}"],
            )
    return Passed()
