"""Draws fewer requests for a slow server, so that a run takes about a minute."""

from __future__ import annotations

import time

from muster.model.exchange import Sender
from muster.model.query import ALL
from muster.suite.sources import DRAWN

AIM = 60.0
"""Seconds that a run is to take about."""

FAST = 0.05
"""Seconds that a listing may take at a server of which everything is asked, whatever that takes."""

ALWAYS = 400
"""Requests of a run, about, however few examples it draws."""

OF_EXAMPLE = 25
"""Requests that each example adds, about: drawn queries, values that checks try, and fuzzing."""

LEAST = 4
"""Examples that are drawn of the slowest server."""

LOOKS = 3
"""Listings whose time is measured; the shortest counts, since others may have been held up."""


def measure(sender: Sender) -> float:
    """Return the seconds that a server takes for its full listing."""
    times: list[float] = []
    for _ in range(LOOKS):
        start = time.monotonic()
        sender.send(ALL)
        times.append(time.monotonic() - start)
    return min(times)


def plan_examples(wanted: int, seconds: float) -> int:
    """Return how many examples to draw: *wanted*, or a half, a quarter, ... of it.

    Args:
        wanted: How many to draw for a fast server.
        seconds: How long one listing takes.
    """
    examples = wanted
    if seconds <= FAST:
        return examples
    while examples > LEAST and (ALWAYS + examples * OF_EXAMPLE) * seconds > AIM:
        examples = max(LEAST, examples // 2)
    return examples


def describe(wanted: int, examples: int, seconds: float) -> str:
    """Say which tests were reduced; empty if none were."""
    if examples == wanted:
        return ""
    return (
        f"a listing takes {seconds:.2f} s, so that {examples} requests are drawn by fuzzing, not "
        f"{wanted}, {examples * DRAWN} queries, not {wanted * DRAWN}, and fewer labels and names "
        "are asked for; --max-examples decides otherwise"
    )
