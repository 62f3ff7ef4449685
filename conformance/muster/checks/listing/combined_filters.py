"""Rules on combined conditions: an image must meet every one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import By, by_filter, by_reference
from muster.checks.listing.parameters import LATER_FILTERS
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.image import Image
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_IMAGE, ABSENT_LABEL
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.model.reference import repository
from muster.register.verdict import Departure, Inconclusive, Passed


@check("LIST-CONDITIONS-AND")
def conditions_narrow_one_another(context: Context) -> Steps[Passed]:
    """`label`, `dangling`, a name and times, two at once, beside the answers to each alone."""
    everything = yield from steps.full_listing()
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    pairs = [pair for image in everything.images for pair in _together(image, by)]
    if not pairs:
        raise Inconclusive("no image has both a tag and a label: build one with LABEL, and tag it")
    for one, other in context.some(pairs):
        yield from _narrows(everything, one, other)
    for one, other in _with_times(context, everything.images, by):
        # A time that is refused has a requirement of its own.
        with suppress(Inconclusive):
            yield from _narrows(everything, one, other)
    return Passed()


def _narrows(everything: Listing, one: Query, other: Query) -> Steps[None]:
    """Check that both conditions together list the images that meet each alone."""
    alone = yield from steps.require_listing(replace(one, all=True).request())
    beside = yield from steps.require_listing(replace(other, all=True).request())
    name, filters = one.filter or other.filter, {**one.filters, **other.filters}
    both = yield from steps.fetch_listing(Query(all=True, filter=name, filters=filters).request())
    there = {image.id for image in beside.images}
    expected = Expected(tuple(image for image in alone.images if image.id in there))
    lines = difference.image_differences(expected, both.images)
    if lines:
        steps.require_listed(everything, alone, beside, both)
        # Name the condition that an image does not meet, or either one if an image is missing.
        met = {image.id for image in alone.images}
        telling = beside if all(image.id in met for image in both.images) else alone
        raise Departure(
            "two conditions together do not list the images that meet each alone",
            [telling.exchange, both.exchange],
            difference.truncate(lines),
        )


def _together(image: Image, by: By) -> list[tuple[Query, Query]]:
    pairs = sorted(askable.labels(image).items())
    labels = [f"{key}={value}" for key, value in pairs if "=" not in key]
    names = [repository(tag) for tag in image.tags]
    if not labels or not names:
        return []
    labelled, unlabelled = _label(labels[0]), _label(ABSENT_LABEL)
    return [
        (by(names[0]), labelled),
        (by(names[0]), unlabelled),
        (by(ABSENT_IMAGE), labelled),
        (Query(filters={"dangling": ["true"]}), labelled),
        (Query(filters={"dangling": ["false"]}), labelled),
    ]


def _with_times(context: Context, images: Sequence[Image], by: By) -> Iterator[tuple[Query, Query]]:
    """Yield a time in the middle of *images*, with other times and with other conditions."""
    dated = [image for image in images if image.created is not None and image.created > 0]
    if context.version < LATER_FILTERS["since"] or not dated:
        return
    middle = dated[len(dated) // 2]
    since, before = (Query(filters={name: [middle.id]}) for name in ("since", "before"))
    older = [before]
    if context.version >= LATER_FILTERS["until"]:
        older.append(Query(filters={"until": [str((middle.created or 0) + 1)]}))
    yield from combinations((since, *older), 2)
    untagged = Query(filters={"dangling": ["true"]})
    # What an image from the other side of the middle meets, no image meets together.
    for other in (untagged, *_of_first(dated, by)):
        yield from ((one, other) for one in older)
    for other in (untagged, *_of_first(dated[::-1], by)):
        yield since, other


def _of_first(images: Sequence[Image], by: By) -> Iterator[Query]:
    """Yield the repository of the first of *images* that has a tag, and the first label."""
    yield from [by(repository(tag)) for image in images for tag in image.tags][:1]
    yield from [_label(key) for image in images for key in sorted(askable.labels(image))][:1]


def _label(condition: str) -> Query:
    return Query(filters={"label": [condition]})


@check("LIST-SAME-FIELDS")
def an_image_looks_the_same_everywhere(context: Context) -> Steps[Passed]:
    """Images in answers to `label` and `dangling`, field by field beside the full listing."""
    everything = yield from steps.full_listing()
    labels = askable.keys(everything.images)
    queries = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    queries += [Query(filters={"label": [key]}) for key in context.some(labels)]
    for query in queries:
        found = yield from steps.require_listing(query.request())
        lines = difference.field_differences(everything.images, found.images)
        if lines:
            raise Departure(
                "a filtered listing shows an image with other fields than the full one",
                [everything.exchange, found.exchange],
                difference.truncate(lines),
            )
    return Passed()
