"""Rules on combined conditions: an image must meet every one."""

from __future__ import annotations

from dataclasses import replace

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import By, by_filter, by_reference
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
    """`label` with `dangling`, and a name with `label`, beside the answers to each alone."""
    everything = yield from steps.full_listing()
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    pairs = [pair for image in everything.images for pair in _together(image, by)]
    if not pairs:
        raise Inconclusive("no image has both a tag and a label: build one with LABEL, and tag it")
    for one, other in context.some(pairs):
        alone = yield from steps.require_listing(replace(one, all=True).request())
        beside = yield from steps.require_listing(replace(other, all=True).request())
        asked = Query(all=True, filter=one.filter, filters={**one.filters, **other.filters})
        both = yield from steps.fetch_listing(asked.request())
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
    return Passed()


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
