"""Rules on the format of times: an instant selects the same images however it is written.

They compare responses with each other, so they also hold for stores that date images differently.
Source: moby v25.0 api/types/time/timestamp.go (GetTimestamp).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
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
"""Minimum seconds between two images, so that relative times stay between them during a run."""

NEAR = 60
"""Seconds between an instant and an image: less than any error of zone or unit."""

ZONES = (timedelta(hours=5, minutes=30), timedelta(hours=-8), timedelta())

DAYS = 3
"""How many images' days to ask for."""

ANY_ZONE = 15 * 3600
"""Seconds: more than the offset of any time zone from UTC."""


def _until(text: str) -> Query:
    return Query(filters={"until": [text]})


@check("LIST-UNTIL-SPELLINGS")
def an_instant_may_be_spelled_in_many_ways(context: Context) -> Steps[Passed]:
    """Instants near images, and their days and hours: in seconds, in RFC 3339, as durations."""
    usual = yield from steps.default_listing(at_least=2)
    gaps = context.some(_gaps(usual, GAP), at_most=2)
    if not gaps:
        raise Inconclusive("no two images were made five minutes apart: add an older one")
    for older, newer in gaps:
        for instant in (older + NEAR, newer - NEAR):
            yield from _same_images(str(instant), _spellings(instant))
    for older, newer in context.some(_gaps(usual, 2 * ANY_ZONE), at_most=2):
        for instant in (older + ANY_ZONE, newer - ANY_ZONE):
            yield from _same_images(str(instant), _without_a_zone(instant))
    for instant in context.some(_dates(usual), at_most=DAYS):
        # A second behind an image: what is cut to the minute leaves the image out.
        yield from _same_images(str(instant + 1), _in_zones(instant + 1))
        for day in (instant, instant + 24 * 3600):
            yield from _cut_to_days_and_hours(day)
    return Passed()


def _cut_to_days_and_hours(instant: int) -> Steps[None]:
    """Check that a day means its first instant, and an hour too, in whichever zone that is."""
    moment = datetime.fromtimestamp(instant, UTC)
    day, hour = f"{moment:%Y-%m-%d}", f"{moment:%Y-%m-%dT%H}"
    for zone in ("", "Z", "+05:30"):
        yield from _same_images(
            f"{day}T00:00:00{zone}", [f"{day}{zone}", f"{day}T00{zone}", f"{day}T00:00{zone}"]
        )
        yield from _same_images(f"{hour}:00:00{zone}", [f"{hour}{zone}", f"{hour}:00{zone}"])


def _dates(usual: Listing) -> list[int]:
    """Return the times of images from after 1970 and before now, oldest first."""
    now = int(time.time())
    return sorted({image.created or 0 for image in usual.images if _is_dated(image, now)})


def _gaps(usual: Listing, least: int) -> list[tuple[int, int]]:
    """Return the dates of consecutive images that are at least *least* seconds apart."""
    dates = pairwise(_dates(usual))
    return [(older, newer) for older, newer in dates if newer - older >= least]


def _is_dated(image: Image, now: int) -> bool:
    return image.created is not None and 0 < image.created < now


def _spellings(instant: int) -> Iterator[str]:
    yield f"{instant}.0"
    yield f"{instant}.500000000"
    yield from _in_zones(instant)
    utc = datetime.fromtimestamp(instant, UTC).replace(tzinfo=None).isoformat()
    yield f"{utc}Z"
    yield f"{utc}.25Z"
    yield f"{utc}.999999999Z"
    passed = int(time.time()) - instant
    yield f"{passed}s"
    yield f"{passed // 3600}h{passed % 3600 // 60}m{passed % 60}s"
    yield f"{passed // 60}m{passed % 60}s"
    yield f"{passed / 3600:.4f}h"
    yield f"{passed * 1000}ms"
    yield f"{passed * 1_000_000}us"
    yield f"{passed * 1_000_000_000}ns"


def _in_zones(instant: int) -> Iterator[str]:
    for offset in ZONES:
        yield datetime.fromtimestamp(instant, timezone(offset)).isoformat()


def _without_a_zone(instant: int) -> Iterator[str]:
    """Yield a date and time without a zone: the local time of some zone, perhaps the daemon's."""
    moment = datetime.fromtimestamp(instant, UTC).replace(tzinfo=None)
    yield moment.isoformat()
    yield moment.isoformat(timespec="minutes")


def _same_images(usual: str, spellings: Iterable[str]) -> Steps[None]:
    first = yield from steps.require_listing(_until(usual).request(), see="LIST-UNTIL")
    for text in spellings:
        other = yield from steps.fetch_listing(_until(text).request())
        lines = difference.image_differences(Expected(first.images), other.images)
        if lines:
            raise Departure(
                f"until={text} lists other images than until={usual}, which is the same instant",
                [first.exchange, other.exchange],
                difference.truncate(lines),
            )
