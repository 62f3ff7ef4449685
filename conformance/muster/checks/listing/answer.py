"""Rules on a listing by itself: its form, its order, and the absence of duplicates."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from jsonschema_rs import Draft7Validator

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import by_filter, by_reference
from muster.model.exchange import Request
from muster.model.image import PLACEHOLDERS, Image, NotAListing, listing, shorten, strings
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_LABEL
from muster.model.query import ALL, PLAIN, Query
from muster.model.reference import is_tagged
from muster.register.verdict import Departure, Inconclusive, Passed

OK = 200

PAIR = (["<none>:<none>"], ["<none>@<none>"])
"""`RepoTags` and `RepoDigests` of an image that has no names, up to API 1.42."""


@check("LIST-ANSWER")
def answers_with_an_array(context: Context) -> Steps[Passed]:
    """Plain, full and of one image: 200, `application/json`, a JSON array of objects with an Id."""
    everything = yield from _arrays((PLAIN, ALL))
    # A filter that is refused or finds nothing has a requirement of its own.
    yield from _arrays(_of_one_image(context, everything), only=OK)
    return Passed()


def _arrays(requests: Iterable[Request], only: int | None = None) -> Steps[Sequence[Image]]:
    """Check the responses to *requests*, or those with the status *only*; return the last one's."""
    images: Sequence[Image] = ()
    for request in requests:
        exchange, response = yield from steps.fetch(request)
        if only not in {None, response.status}:
            continue
        try:
            images = listing(response)
        except NotAListing as error:
            raise Departure(f"GET {request.target}: {error}", [exchange]) from error
        if response.media_type != "application/json":
            raise Departure(
                f"GET {request.target}: the Content-Type is {response.media_type or 'absent'}, "
                "not application/json",
                [exchange],
            )
    return images


def _of_one_image(context: Context, images: Sequence[Image]) -> Iterator[Request]:
    """Yield queries that one of *images* meets."""
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    pairs = Counter(pair for image in images for pair in askable.labels(image).items())
    alone = sorted(pair for pair, count in pairs.items() if count == 1 and "=" not in pair[0])
    for key, value in context.some(alone, at_most=1):
        yield Query(filters={"label": [f"{key}={value}"]}).request()
    fewest = min((image.tags for image in images if image.tags), key=len, default=())
    yield from [by(tag).request() for tag in fewest if is_tagged(tag)][:1]


@check("LIST-SCHEMA")
def images_have_their_members(context: Context) -> Steps[Passed]:
    """Each image of the full listing against the contract's schema."""
    found = yield from steps.full_listing()
    # Values may be long and hide the error, so they go into the difference instead.
    validator = Draft7Validator(dict(context.schema), mask="the value")
    for image in found.images:
        error = next(validator.iter_errors(dict(image.raw)), None)
        if error is not None:
            where = ".".join(str(part) for part in error.instance_path)
            value = [f"+ {where}: {shorten(json.dumps(error.instance))}"] if where else []
            raise Departure(
                f"image {image.id[:71]}: {where + ': ' if where else ''}{error.message}",
                [found.exchange],
                value,
            )
        # JSON Schema accepts 1.0 as an integer; the contract allows no fraction and no exponent.
        for name, value in image.raw.items():
            if isinstance(value, float):
                raise Departure(
                    f"{name} of {image} is written with a fraction or an exponent: {value}",
                    [found.exchange],
                )
    return Passed()


@check("LIST-MEMBERS-UNIQUE")
def no_member_stands_twice(_: Context) -> Steps[Passed]:
    """The full listing as it was sent."""
    found = yield from steps.full_listing()
    twice: list[str] = []

    def noted(pairs: list[tuple[str, Any]]) -> None:
        counts = Counter(name for name, _ in pairs)
        twice.extend(name for name, count in counts.items() if count > 1)

    response = found.exchange.response
    json.loads(response.text if response else "[]", object_pairs_hook=noted)
    if twice:
        raise Departure(f"an object of the listing names {twice[0]} twice", [found.exchange])
    return Passed()


@check("LIST-EMPTY")
def an_empty_result_is_an_empty_array(_: Context) -> Steps[Passed]:
    """A label that no image has."""
    query = Query(filters={"label": [ABSENT_LABEL]})
    found = yield from steps.fetch_listing(query.request())
    if found.images:
        raise Departure(
            f"images are listed for a label that none has: {found.images[0]}", [found.exchange]
        )
    if found.exchange.response and found.exchange.response.json() is None:
        raise Departure("nothing is shown as null", [found.exchange], ["- []", "+ null"])
    return Passed()


@check("LIST-ORDER")
def newest_first(_: Context) -> Steps[Passed]:
    """`Created` of neighbours in the plain and in the full listing."""
    dates: set[int | None] = set()
    for request in (PLAIN, ALL):
        found = yield from steps.require_listing(request)
        dates.update(image.created for image in found.images)
        _descending(found)
    if len(dates) < 2:  # noqa: PLR2004 - one image has no order
        raise Inconclusive("no two images were created at different times: add another image")
    return Passed()


def _descending(found: steps.Listing) -> None:
    for before, after in pairwise(found.images):
        if before.created is None or after.created is None or before.created >= after.created:
            continue
        raise Departure(
            f"{after} was created after {before} but is listed behind it",
            [found.exchange],
            [
                f"- newest first: {after.created} before {before.created}",
                f"+ {before.created} before {after.created}",
            ],
        )


@check("LIST-ID-UNIQUE")
def each_image_once(_: Context) -> Steps[Passed]:
    """Ids of the plain and of the full listing."""
    for request in (PLAIN, ALL):
        found = steps.require_images((yield from steps.require_listing(request)), 1)
        for identifier, count in Counter(image.id for image in found.images).items():
            if count > 1:
                raise Departure(f"{identifier} is listed {count} times", [found.exchange])
    return Passed()


@check("LIST-REFERENCE-UNIQUE")
def each_reference_names_one_image(_: Context) -> Steps[Passed]:
    """Every reference of the full listing."""
    found = yield from steps.full_listing()
    owner: dict[str, str] = {}
    for image in found.images:
        for shown in (image.tags, image.digests or ()):
            for reference, count in Counter(shown).items():
                if count > 1:
                    raise Departure(f"{image.id} shows {reference} {count} times", [found.exchange])
        for reference in image.references:
            if owner.setdefault(reference, image.id) != image.id:
                raise Departure(
                    f"{reference} names both {owner[reference]} and {image.id}", [found.exchange]
                )
    if not owner:
        raise Inconclusive("no image has a tag or a digest: tag one")
    return Passed()


@check("LIST-PLACEHOLDER")
def placeholders_stand_alone(_: Context) -> Steps[Passed]:
    """`<none>` in `RepoTags` and `RepoDigests` of the full listing."""
    found = yield from steps.full_listing()
    for image in found.images:
        tags, digests = (strings(image.raw.get(name)) for name in ("RepoTags", "RepoDigests"))
        if not PLACEHOLDERS.intersection((*tags, *digests)):
            continue
        if image.references:
            raise Departure(
                f"{image} has the <none> placeholder beside its names", [found.exchange]
            )
        pair = (PAIR[0], PAIR[1] if "RepoDigests" in image.raw else [])
        if (tags, digests) != pair:
            raise Departure(
                f"the placeholders of {image} are not one pair",
                [found.exchange],
                [f"- {' and '.join(map(str, pair))}", f"+ {tags} and {digests}"],
            )
    return Passed()


@check("LIST-LABELS-NONE")
def how_no_labels_look(_: Context) -> Steps[Passed]:
    """`Labels` of images without labels."""
    found = yield from steps.full_listing()
    shown = sorted(
        {
            repr(image.raw["Labels"]) if "Labels" in image.raw else "absent"
            for image in found.images
            if not image.labels
        }
    )
    if not shown:
        raise Inconclusive("every image has labels: add one without")
    written = {"None": "null"}
    return Passed(
        "Labels of images without labels: " + ", ".join(written.get(s, s) for s in shown),
        (found.exchange,),
    )
