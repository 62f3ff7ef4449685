"""What the wrong answers of a departure look like, so that departures can be compared; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from urllib.parse import parse_qsl

from muster.model.exchange import Exchange, Sender
from muster.model.image import SHORT_ID, NotAListing, listing, plain_id
from muster.model.query import ALL, PATH, PLAIN
from muster.register.verdict import Result

LEAST = 2
"""Images, or lines of a difference, below which two answers may be alike by chance."""


class Kind(StrEnum):
    """A kind of symptom.

    NO_LISTING: The answer has a status or a body that a listing cannot have.
    NO_ANSWER: The connection ended without an answer.
    IGNORED: The answer to a filter is the listing without it.
    IGNORED_MAP: The same, of a filter in the map form.
    NOTHING: No image is listed where there should be some.
    CUT: The answer has exactly so many images.
    HEAD: Only images that stand behind those listed, in the full listing, are missing.
    IMAGES: The same images are wrong.
    """

    NO_LISTING = "no listing"
    NO_ANSWER = "no answer"
    IGNORED = "ignored"
    IGNORED_MAP = "ignored, in the map form"
    NOTHING = "nothing"
    CUT = "cut"
    HEAD = "head"
    IMAGES = "images"


Symptom = tuple[Kind, object]
"""A kind, and what distinguishes symptoms of this kind."""

Unfiltered = Mapping[bool, tuple[str, ...]]
"""The Ids of the listing without filters: of all images, and without intermediate ones."""

MISSING, UNEXPECTED = "- missing: ", "+ unexpected: "
"""Beginnings of lines of a difference, which an image follows."""


def unfiltered(sender: Sender) -> Unfiltered:
    """Ask for the listings without filters, and return the Ids of their images."""
    found: dict[bool, tuple[str, ...]] = {}
    for request in (PLAIN, ALL):
        response = sender.send(request).response
        with suppress(NotAListing):
            images = listing(response) if response else ()
            found[request is ALL] = tuple(image.id for image in images)
    return found


def symptoms(result: Result, unfiltered: Unfiltered) -> frozenset[Symptom]:
    """Return the symptoms of the departure *result*.

    Args:
        result: The departure.
        unfiltered: What the server lists without filters; empty if it lists nothing.
    """
    if not result.shown_by:
        return frozenset()
    found = {each for exchange in result.shown_by for each in _of(exchange, unfiltered)}
    wrong = {line for line in result.difference if line.startswith((MISSING, UNEXPECTED))}
    if len(wrong) >= LEAST:
        found.add((Kind.IMAGES, frozenset(wrong)))
    if wrong and _lists_nothing(result.shown_by[-1]):
        found.add((Kind.NOTHING, None))
    if wrong and _is_head(result, unfiltered.get(True, ())):
        found.add((Kind.HEAD, None))
    return frozenset(found)


def _is_head(result: Result, full: Sequence[str]) -> bool:
    """Whether all that is missing stands behind what the last exchange lists, in *full*."""
    positions = {plain_id(each)[:SHORT_ID]: position for position, each in enumerate(full)}
    if any(line.startswith(UNEXPECTED) for line in result.difference):
        return False
    missing = [
        positions.get(line.removeprefix(MISSING)[:SHORT_ID], -1)
        for line in result.difference
        if line.startswith(MISSING)
    ]
    response = result.shown_by[-1].response
    try:
        images = listing(response) if response else ()
    except NotAListing:
        return False
    shown = [positions.get(plain_id(image.id)[:SHORT_ID], -1) for image in images]
    return max(shown, default=0) < min(missing)


def _lists_nothing(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.body.strip() in {b"[]", b"null"}


def _of(exchange: Exchange, unfiltered: Unfiltered) -> Iterator[Symptom]:
    path, _, query = exchange.request.target.partition("?")
    if path != PATH:
        return
    if exchange.response is None:
        yield Kind.NO_ANSWER, None
        return
    try:
        ids = [image.id for image in listing(exchange.response)]
    except NotAListing:
        yield Kind.NO_LISTING, exchange.response.status
        return
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if not parameters.keys() & {"filter", "filters"}:
        return
    if ids and sorted(ids) == sorted(unfiltered.get("all" in parameters, ())):
        yield (Kind.IGNORED_MAP if _is_map(parameters) else Kind.IGNORED), None
    if len(ids) >= LEAST:
        yield Kind.CUT, len(ids)


def _is_map(parameters: Mapping[str, str]) -> bool:
    """Whether `filters` is in the map form."""
    try:
        filters = json.loads(parameters.get("filters", ""))
    except ValueError:
        return False
    values = filters.values() if isinstance(filters, dict) else ()
    return any(isinstance(value, dict) for value in values)
