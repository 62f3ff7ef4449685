"""What the whole run tells: requests that failed once, and images that reading has altered."""

from __future__ import annotations

from collections.abc import Sequence

from muster.model import difference
from muster.model.exchange import Exchange
from muster.model.image import NotAListing, listing
from muster.register.verdict import Departure, Outcome, Passed
from muster.runner.liveness import Watch

DROPPED = "HTTP-DROPPED"
"""The requirement that only observes them."""

REPEATABLE = "LIST-REPEATABLE"
"""The requirement that they break if there are several."""

ENOUGH = 3
"""Failures after which they count as a fault of the server, and not as another client's doing."""

OF_AN_IMAGE = ("Created", "Labels")
"""Members that come from the config whose digest is the Id, so that no client can change them."""


def outcomes(watch: Watch) -> dict[str, Outcome]:
    """Return the outcome for `DROPPED`, and for `REPEATABLE` if the server failed often enough."""
    found: dict[str, Outcome] = {DROPPED: Passed(_told(watch), tuple(watch.dropped[:1]))}
    if len(watch.failed) >= ENOUGH:
        first = watch.failed[0]
        statuses = [str(each.response.status) for each in watch.failed if each.response]
        found[REPEATABLE] = Departure(
            f"{len(watch.failed)} of {watch.sent} requests were answered with a status of 500 or "
            f"more, and not when they were sent again: first {first.request.method} "
            f"{first.request.target} with {statuses[0]}",
            [first],
        )
    elif altered := _altered(watch.full):
        found[REPEATABLE] = altered
    return found


def _altered(full: Sequence[Exchange]) -> Departure | None:
    """Return how the first and the last full listing differ in what no client can change."""
    try:
        before, after = (listing(each.response) for each in full if each.response)
    except (NotAListing, ValueError):
        return None
    shown = {image.id: image.raw for image in before if not image.is_manifest}
    lines = [
        line
        for image in after
        for name in OF_AN_IMAGE
        if image.id in shown and shown[image.id].get(name) != image.raw.get(name)
        for line in (
            f"- {name} of {image.id}: {shown[image.id].get(name)!r}",
            f"+ {name} of {image.id}: {image.raw.get(name)!r}",
        )
    ]
    if not lines:
        return None
    message = "the images themselves differ between the first full listing and the last: reads"
    return Departure(f"{message} altered them", full, difference.truncate(lines))


def _told(watch: Watch) -> str:
    reopened: int = getattr(watch.sender, "reopened", 0)
    told = []
    if watch.dropped:
        told.append(f"{len(watch.dropped)} of {watch.sent} requests got no answer until sent again")
    if reopened:
        told.append(f"{reopened} kept connections were closed between two requests")
    return " and ".join(told) or "every request got a response at the first attempt"
