"""What the whole run tells about requests that failed once, and did not when sent again."""

from __future__ import annotations

from muster.register.verdict import Departure, Outcome, Passed
from muster.runner.liveness import Watch

DROPPED = "HTTP-DROPPED"
"""The requirement that only observes them."""

REPEATABLE = "LIST-REPEATABLE"
"""The requirement that they break if there are several."""

ENOUGH = 3
"""Failures after which they count as a fault of the server, and not as another client's doing."""


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
    return found


def _told(watch: Watch) -> str:
    reopened: int = getattr(watch.sender, "reopened", 0)
    told = []
    if watch.dropped:
        told.append(f"{len(watch.dropped)} of {watch.sent} requests got no answer until sent again")
    if reopened:
        told.append(f"{reopened} kept connections were closed between two requests")
    return " and ".join(told) or "every request got an answer at once"
