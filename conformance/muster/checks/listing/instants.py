"""Rules on how a time may be written: one instant selects the same images in every spelling.

These are relations between answers, so that they hold for stores that date images otherwise.
Source: moby v25.0 api/types/time/timestamp.go (GetTimestamp).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.image import Image
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

GAP = 300
"""Seconds between two images at least, so that a run's own duration moves no instant past one."""

NEAR = 60
"""Seconds of an instant from an image: less than any error of zone or unit moves it."""

ZONES = (timedelta(hours=5, minutes=30), timedelta(hours=-8), timedelta())

ANY_ZONE = 14 * 3600
"""Seconds that a place on Earth is ahead of UTC, or behind it, at most."""


def _until(text: str) -> Query:
    return Query(filters={"until": [text]})


@check("LIST-UNTIL-SPELLINGS")
def an_instant_may_be_spelled_in_many_ways(context: Context) -> Steps[Passed]:
    """Instants a minute from an image: as seconds, fractions, RFC 3339 in zones, durations."""
    usual = yield from steps.default_listing(at_least=2)
    instants = context.some(_between(usual), at_most=4)
    if not instants:
        raise Inconclusive("no two images were made five minutes apart: add an older one")
    for instant in instants:
        first = yield from steps.require_listing(_until(str(instant)).request(), see="LIST-UNTIL")
        for text in _spellings(instant):
            yield from _selects_the_same(instant, first, text)
        yield from _without_a_zone(instant)
    return Passed()


def _between(usual: Listing) -> list[int]:
    """Whole seconds between one image and the next, near the one or the other."""
    now = int(time.time())
    dates = sorted({image.created or 0 for image in usual.images if _is_dated(image, now)})
    pairs = pairwise(dates)
    apart = [pair for pair in pairs if pair[1] - pair[0] >= GAP]
    return [instant for older, newer in apart for instant in (older + NEAR, newer - NEAR)]


def _is_dated(image: Image, now: int) -> bool:
    return image.created is not None and 0 < image.created < now


def _spellings(instant: int) -> Iterator[str]:
    yield f"{instant}.0"
    yield f"{instant}.500000000"
    for offset in ZONES:
        moment = datetime.fromtimestamp(instant, timezone(offset))
        yield moment.isoformat()
    utc = datetime.fromtimestamp(instant, UTC).replace(tzinfo=None).isoformat()
    yield f"{utc}Z"
    yield f"{utc}.25Z"
    yield f"{utc}.999999999Z"
    passed = int(time.time()) - instant
    yield f"{passed}s"
    yield f"{passed // 3600}h{passed % 3600 // 60}m{passed % 60}s"
    yield f"{passed // 60}m{passed % 60}s"
    yield f"{passed * 1000}ms"


def _selects_the_same(instant: int, first: Listing, text: str) -> Steps[None]:
    other = yield from steps.fetch_listing(_until(text).request())
    lines = difference.image_differences(Expected(first.images), other.images)
    if lines:
        raise Departure(
            f"until={text} lists other images than until={instant}, which is the same instant",
            [first.exchange, other.exchange],
            difference.truncate(lines),
        )


def _without_a_zone(instant: int) -> Steps[None]:
    """A date without a zone is that of some place on Earth: the daemon's own."""
    least = yield from steps.fetch_listing(_until(str(instant - ANY_ZONE)).request())
    most = yield from steps.fetch_listing(_until(str(instant + ANY_ZONE)).request())
    moment = datetime.fromtimestamp(instant, UTC).replace(tzinfo=None)
    for text in (moment.isoformat(), moment.isoformat(timespec="minutes")):
        answer = yield from steps.fetch_listing(_until(text).request())
        there = {image.id for image in answer.images}
        missing = [image for image in least.images if image.id not in there]
        odd = there - {image.id for image in most.images}
        if missing or odd:
            raise Departure(
                f"until={text} is the time of no place on Earth",
                [least.exchange, most.exchange, answer.exchange],
                difference.truncate(
                    [*(f"- {image}" for image in missing), *(f"+ {name}" for name in sorted(odd))]
                ),
            )
