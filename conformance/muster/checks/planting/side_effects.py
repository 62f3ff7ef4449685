"""Rules on what a change to one image must not affect: other images, names and answers.

Before and after each change, the checks compare the whole listing member by member with what
`model.changes` derives. Every query that agreed with the oracle before the change must agree with
it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import by_filter, by_reference
from muster.checks.listing.other_endpoints import inspected
from muster.checks.listing.parameters import LATER_FILTERS
from muster.checks.listing.repeatable import END_OF_TIME
from muster.checks.steps import Listing
from muster.model import changes, difference
from muster.model.changes import After
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, plain_id
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_IMAGE
from muster.model.oracle import Expected
from muster.model.query import ALL, Query, inspect_request
from muster.model.reference import repository
from muster.planting.plan import remove_request, tag_request
from muster.register.verdict import Departure, Inconclusive, Passed

OF_OTHERS = 2
"""Consecutive changes during which images that are not the suite's must differ to count."""

RARE = 4
"""One in so many changes that are confirmed and not made is a fault of its own."""

SHORT = 20
"""Hexadecimal digits that identify an Id."""

NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class _Change:
    """A change to planted images.

    Attributes:
        request: The request that makes it.
        after: Derives the listing after it from the one before.
        names: The tags that it adds or removes.
    """

    request: Request
    after: Callable[[Sequence[Image]], After]
    names: tuple[str, ...]


def _tag(image: str, identifier: str, tag: str) -> _Change:
    return _Change(
        tag_request(image, tag), lambda before: changes.tagged(before, identifier, tag), (tag,)
    )


def _untag(tag: str) -> _Change:
    return _Change(remove_request(tag), lambda before: changes.untagged(before, tag), (tag,))


def _remove(name: str, image: Image) -> _Change:
    return _Change(
        remove_request(name), lambda before: changes.removed(before, image.id), tuple(image.tags)
    )


@check("PLANT-CHANGE-ALONE")
def tagging_changes_nothing_else(context: Context) -> Steps[Passed]:
    """Tags are given to planted images, moved between them and removed, a dozen in a row."""
    return (yield from _each(context, (yield from _renames(context, "alone")), _nothing_else))


@check("PLANT-REMOVE-ALONE")
def removing_changes_nothing_else(context: Context) -> Steps[Passed]:
    """Planted images are removed by name, by Id and by the beginning of an Id."""
    parent, child = context.plant("sideparent"), context.plant("sidechild")
    by_id, by_short = context.plant("sideid"), context.plant("sideshort")
    yield from planted_steps.listed_image(parent)
    listed = yield from planted_steps.listed_image(by_id)
    short = yield from planted_steps.listed_image(by_short)
    made = [
        _untag(context.plant("sidename").tags[0]),
        _untag(parent.tags[0]),
        _remove(listed.id, listed),
        _remove(plain_id(short.id)[:SHORT], short),
        _untag(parent.tags[1]),
        _untag(child.tags[0]),
    ]
    return (yield from _each(context, made, _nothing_else))


@check("PLANT-CHANGE-DERIVED")
def every_answer_follows_a_change(context: Context) -> Steps[Passed]:
    """Filtered listings, inspect and conditional requests, before and after each change."""
    return (yield from _each(context, (yield from _renames(context, "derived")), _derived))


def _renames(context: Context, run: str) -> Steps[list[_Change]]:
    """Return changes of names that together restore the original state."""
    one, other = context.plant("several"), context.plant("sidetag")
    parent, child = context.plant("mid"), context.plant("sidechild")
    image = yield from planted_steps.listed_image(one)
    second = yield from planted_steps.listed_image(other)
    moving, again = f"{repository(one.tags[0])}:{run}", f"{repository(one.tags[2])}:{run}"
    registry = f"{repository(one.tags[3])}:{run}"
    made = [
        _tag(one.tags[0], image.id, moving),
        _tag(one.tags[0], image.id, registry),
        _untag(moving),
        _tag(one.tags[0], image.id, moving),
        _tag(other.tags[0], second.id, moving),
        _untag(moving),
        _tag(second.id, second.id, again),
        _tag(image.id, image.id, again),
        _untag(registry),
        _untag(again),
    ]
    for relative in (parent, context.plant("sideparent"), child):
        with suppress(Inconclusive):
            listed = yield from planted_steps.listed_image(relative)
            made += [_tag(listed.id, listed.id, moving), _untag(moving)]
    return made


_Look = Callable[[Listing], Steps[None]]
"""Examines the listing after a change."""
_Prepare = Callable[[Context, _Change, Listing], Steps[_Look]]
"""Examines the server before a change, and returns a function that does so afterwards."""


def _each(context: Context, made: Sequence[_Change], prepare: _Prepare) -> Steps[Passed]:
    """Make each change, and examine the server before and after it.

    Changes that the server refuses are skipped.
    """
    done, of_others = 0, 0
    refused: list[Exchange] = []
    unmade: list[Departure] = []
    for change in made:
        before = yield from steps.full_listing()
        if not _can_be_made(change, before):
            continue
        look = yield from prepare(context, change, before)
        exchange: Exchange = yield change.request
        if exchange.response is None or exchange.response.is_error:
            refused.append(exchange)
            continue
        done += 1
        after = yield from steps.full_listing()
        unmade += _unmade(change, before, exchange, after)
        try:
            yield from look(after)
            of_others = 0
        except _OnOthers:
            of_others += 1
            if of_others == OF_OTHERS:
                raise
    if not done:
        for exchange in refused:
            planted_steps.expect_success(exchange)
        raise Inconclusive("no planted image is there to change (see PLANT-LISTED)")
    if 0 < len(unmade) * RARE <= done:
        # More of them are the fault of another rule: changes show late, or never.
        raise unmade[0]
    return Passed()


def _unmade(
    change: _Change, before: Listing, exchange: Exchange, after: Listing
) -> Iterator[Departure]:
    """Yield the departure that the server confirmed *change* and did not make it."""
    wanted = change.after(before.images).tags
    given = change.request.method == "POST"
    for image in after.images:
        tags, names = {*image.tags}, wanted.get(image.id, frozenset()) & {*change.names}
        if names - tags if given else image.id in wanted and ({*change.names} - names) & tags:
            yield Departure(
                f"{change.request.method} {change.request.target} was confirmed, and is not made",
                [before.exchange, exchange, after.exchange],
                [f"- {sorted(wanted[image.id])}", f"+ {image}: {sorted(image.tags)}"],
            )
            return


def _can_be_made(change: _Change, before: Listing) -> bool:
    """Whether the subject of *change* exists: the server may have refused an earlier change."""
    try:
        change.after(before.images)
    except (KeyError, StopIteration, ValueError):
        return False
    return True


class _OnOthers(Departure):
    """Images that are not the suite's differ; another client may have changed them."""


def _nothing_else(context: Context, change: _Change, before: Listing) -> Steps[_Look]:
    """Check that *change* has no effect other than the requested one."""

    def look(after: Listing) -> Steps[None]:
        found = changes.side_effects(before.images, change.after(before.images), after.images)
        ours = _ours(context, before, after)
        for name in _listed_late(context, before, after):
            found.pop(name, None)
        if found:
            made = f"{change.request.method} {change.request.target}"
            kind = Departure if ours & found.keys() else _OnOthers
            first = sorted(found, key=lambda each: each not in ours)
            lines = [line for each in first for line in found[each]]
            raise kind(
                f"{made} changes more than requested",
                [before.exchange, after.exchange],
                difference.truncate(lines),
            )
        yield from ()

    yield from ()
    return look


def _listed_late(context: Context, before: Listing, after: Listing) -> set[str]:
    """Return the planted images that were not listed before; PLANT-LISTED reports these."""
    ids = {each for planted in context.planted for each in planted.ids}
    return {image.id for image in after.images if image.id in ids} - {
        image.id for image in before.images
    }


def _ours(context: Context, before: Listing, after: Listing) -> set[str]:
    """Return the Ids of the suite's images, and of apparent copies of them."""
    images = [
        image
        for image in (*before.images, *after.images)
        if any(planted_steps.is_same(planted, image) for planted in context.planted)
    ]
    copied = {(image.created, *sorted(image.labels.items())) for image in images if image.labels}
    return {
        image.id
        for image in (*images, *after.images)
        if image in images or (image.created, *sorted(image.labels.items())) in copied
    }


def _derived(context: Context, change: _Change, before: Listing) -> Steps[_Look]:
    """Check that queries that agreed with the oracle before *change* agree after it."""
    before = yield from steps.with_manifests(before)
    queries = list(_queries(context, change.names, before))
    agreed = yield from _agreeing(context, queries, before)
    # An unused name is not found even by engines that look up names incorrectly.
    image = yield from planted_steps.listed_image(context.plant("several"))
    usual = list(_queries(context, image.tags[:1], before))
    answered = {_kind(query) for query in (yield from _agreeing(context, usual, before))}
    agreed = [query for query in agreed if _kind(query) in answered]
    tag = _entity_tag(before.exchange)
    unknown_is_refused = yield from _is_refused(context, ABSENT_IMAGE)
    late = yield from _late(context, before)

    def look(after: Listing) -> Steps[None]:
        after = yield from steps.with_manifests(after)
        # Some engines return an error for a query with an unknown name.
        for query in agreed:
            if _is_answered(query, after):
                answer = yield from steps.fetch_listing(query.request())
                steps.compared(context, after, query, answer, tags=True)
        yield from _inspected_as_listed(change, after)
        yield from _not_confirmed(tag, before, after)
        if unknown_is_refused:
            yield from _no_time(change, after)
        if late is not None:
            yield from _tags_in_time(late, after)

    return look


def _is_refused(context: Context, name: str) -> Steps[bool]:
    """Whether the server refuses `before` *name*; False where there is no such filter."""
    if context.version < LATER_FILTERS["before"]:
        return False
    exchange: Exchange = yield Query(filters={"before": [name]}).request()
    return exchange.response is not None and exchange.response.is_error


def _no_time(change: _Change, after: Listing) -> Steps[None]:
    """Check that a name that no image has any more is no time either."""
    for name in change.names:
        if any(name in image.tags for image in after.images):
            continue
        exchange, response = yield from steps.fetch(Query(filters={"before": [name]}).request())
        if not response.is_error:
            raise Departure(
                f"before={name} is answered, and no image has this name any more",
                [after.exchange, exchange],
                ["- an error: no such image", f"+ status {response.status}"],
            )


def _late(context: Context, before: Listing) -> Steps[Query | None]:
    """Return the query for images until the end of time, if its tags are those of *before*."""
    query = Query(filters={"until": [str(END_OF_TIME)]})
    if context.version < LATER_FILTERS["until"]:
        return None
    with suppress(Departure):
        yield from _tags_in_time(query, before)
        return query
    return None


def _tags_in_time(query: Query, full: Listing) -> Steps[None]:
    """Check that the images of a listing by time have the tags that *full* shows."""
    found = yield from steps.fetch_listing(query.request())
    lines = difference.tag_differences(Expected(full.images), found.images)
    if lines:
        message = f"GET {found.exchange.request.target} {difference.OTHER_TAGS}"
        raise Departure(message, [full.exchange, found.exchange], difference.truncate(lines))


def _kind(query: Query) -> tuple[str, ...]:
    """Return what *query* filters by, with repository and tag as different kinds."""
    names = [query.filter or "", *query.filters.get("reference", ())]
    return (*query.filters, *("tag" for name in names if ":" in name.rpartition("/")[2]))


def _queries(context: Context, names: Sequence[str], before: Listing) -> Iterator[Query]:
    holders = [image for image in before.images if set(names) & set(image.tags)]
    for value in ("true", "false"):
        yield Query(filters={"dangling": [value]})
    for name in names:
        for each in (name, repository(name)):
            yield by_reference(each) if context.version >= WITH_REFERENCE else by_filter(each)
    for image in holders:
        for key, value in list(image.labels.items())[:1]:
            yield Query(filters={"label": [f"{key}={value}"]})
    if context.version >= LATER_FILTERS["since"]:
        for name in names:
            yield Query(filters={"before": [name]})
            yield Query(filters={"since": [name]})


def _is_answered(query: Query, full: Listing) -> bool:
    """Whether *full* has the image that a time in *query* refers to."""
    names = [*query.filters.get("before", ()), *query.filters.get("since", ())]
    return all(any(name in image.tags for image in full.images) for name in names)


def _agreeing(context: Context, queries: Sequence[Query], full: Listing) -> Steps[list[Query]]:
    """Return those of *queries* that agree with the oracle, or cannot be sent yet."""
    agreed: list[Query] = []
    for query in queries:
        with suppress(Departure):
            if _is_answered(query, full):
                answer = yield from steps.fetch_listing(query.request())
                steps.compared(context, full, query, answer, tags=True)
            agreed.append(query)
    return agreed


def _inspected_as_listed(change: _Change, after: Listing) -> Steps[None]:
    """Check that inspecting a changed name shows the image that has it, or none."""
    for name in change.names:
        exchange: Exchange = yield inspect_request(name)
        shown = inspected(exchange)
        holders = [image for image in after.images if name in image.tags]
        wanted = {plain_id(image.id) for image in holders}
        if shown is not None and plain_id(str(shown.get("Id"))) not in wanted:
            raise Departure(
                f"inspecting {name} shows an image that does not have this name",
                [after.exchange, exchange],
                [f"- {', '.join(map(str, holders)) or 'no such image'}", f"+ {shown.get('Id')}"],
            )


def _entity_tag(exchange: Exchange) -> str:
    return exchange.response.headers.get("etag", "") if exchange.response else ""


def _not_confirmed(tag: str, before: Listing, after: Listing) -> Steps[None]:
    """Check that the server no longer confirms a listing's entity tag once the listing changes."""
    if not tag or before.images == after.images:
        return
    asked = replace(ALL, headers=(("If-None-Match", tag),))
    exchange, response = yield from steps.fetch(asked)
    if response.status == NOT_MODIFIED:
        raise Departure(
            "the ETag of a listing from before a change is still confirmed",
            [before.exchange, exchange],
            ["- status 200 and the listing", f"+ status {NOT_MODIFIED}"],
        )
