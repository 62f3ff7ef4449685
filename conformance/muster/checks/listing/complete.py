"""The rule that the full listing is whole: no other listing shows an image that it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import by_filter, by_reference
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.image import Image
from muster.model.name_filter import WITH_REFERENCE
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.model.reference import repository
from muster.model.version import ApiVersion
from muster.register.verdict import Departure, Inconclusive, Passed

WITH_BEFORE = ApiVersion(1, 24)
NAMES = 6
"""How many labels and repositories to ask for."""


@check("LIST-COMPLETE")
def no_other_listing_shows_more(context: Context) -> Steps[Passed]:
    """Listings by `dangling`, label, name, `before` and `since`, beside the full one."""
    everything = yield from steps.with_manifests((yield from steps.full_listing()))
    there = {image.id for image in everything.images}
    answers: list[tuple[Query, Listing]] = []
    for query in _others(context, everything):
        try:
            found = yield from steps.require_listing(query.request())
        except Inconclusive:
            # The filter's own requirement reports that.
            continue
        for image in found.images:
            if image.id not in there:
                raise _left_out(everything, image, found)
        answers.append((query, found))
    _require_no_end_before_filters(context, everything, answers)
    _require_no_end(context, everything, answers)
    return Passed()


def _require_no_end(
    context: Context, everything: Listing, answers: Sequence[tuple[Query, Listing]]
) -> None:
    """Check that no two filtered listings end too early, after the same number of images."""
    cut: dict[int, Listing] = {}
    for query, found in answers:
        if _is_cut(context, everything, query, found):
            before = cut.setdefault(len(found.images), found)
            if before is not found:
                raise _both_end(before, found)


def _kind(query: Query) -> tuple[str, ...]:
    """Return what *query* filters by."""
    return (*query.filters, *(["filter"] if query.filter is not None else []))


def _require_no_end_before_filters(
    context: Context, everything: Listing, answers: Sequence[tuple[Query, Listing]]
) -> None:
    """Check that different filters do not all pass over the images behind the same one."""
    position = {image.id: number for number, image in enumerate(everything.images)}
    last = max((position[each.id] for _, found in answers for each in found.images), default=0)
    lacking: dict[tuple[str, ...], tuple[Listing, list[Image]]] = {}
    for query, found in answers:
        expected = everything.oracle.expected(query, context.version)
        shown = {image.id for image in found.images}
        missing = [each for each in expected[0].images if each.id not in shown]
        required = [each for each in missing if each.id not in expected[0].optional]
        if len(expected) == 1 and required and position[required[0].id] > last:
            lacking.setdefault(_kind(query), (found, required))
    if len(lacking) > 1:
        found, missing = next(iter(lacking.values()))
        raise Departure(
            f"filters find images among the first {last + 1} of the full listing only",
            [everything.exchange, found.exchange],
            difference.truncate([f"- missing: {image}" for image in missing]),
        )


def _others(context: Context, everything: Listing) -> Iterator[Query]:
    for value in ("true", "false"):
        yield Query(all=True, filters={"dangling": [value]})
    for key in context.some(askable.keys(everything.images), at_most=NAMES):
        yield Query(all=True, filters={"label": [key]})
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    tags = [tag for image in everything.images for tag in image.tags]
    for name in ("*", "*/*", *context.some(map(repository, tags), at_most=NAMES)):
        yield by(name)
    if context.version >= WITH_BEFORE:
        for image in (everything.images[0], everything.images[-1]):
            for name in ("before", "since"):
                yield Query(all=True, filters={name: [image.id]})


def _is_cut(context: Context, everything: Listing, query: Query, found: Listing) -> bool:
    """Whether *found* is the beginning of each correct answer to *query*, and ends too early."""
    shown = [image.id for image in found.images]
    return bool(shown) and all(
        shown != wanted and shown == wanted[: len(shown)]
        for wanted in (
            _ids(answer, shown) for answer in everything.oracle.expected(query, context.version)
        )
    )


def _ids(answer: Expected, shown: Collection[str]) -> list[str]:
    """Return the Ids of *answer* in order, each once; optional ones only if they are *shown*."""
    ids = dict.fromkeys(image.id for image in answer.images)
    return [each for each in ids if each not in answer.optional or each in shown]


def _left_out(everything: Listing, image: Image, found: Listing) -> Departure:
    return Departure(
        f"GET {found.exchange.request.target} lists {image}, and the full listing of "
        f"{len(everything.images)} images does not",
        [everything.exchange, found.exchange],
        [f"- {image} with all=1", "+ not listed"],
    )


def _both_end(one: Listing, other: Listing) -> Departure:
    return Departure(
        f"listings end after {len(one.images)} images, whatever the filter",
        [one.exchange, other.exchange],
        [
            f"- the images behind {one.images[-1]} and {other.images[-1]}",
            f"+ {len(one.images)} images of each",
        ],
    )
