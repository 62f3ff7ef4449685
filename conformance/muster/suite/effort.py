"""Draws fewer requests for a slow server, so that a run takes about a minute."""

from __future__ import annotations

import time

from muster.model.exchange import Sender
from muster.model.query import ALL
from muster.suite.sources import DRAWN

AIM = 60.0
"""Approximate duration of a run, in seconds."""

FAST = 0.05
"""Seconds per listing up to which a server gets every request."""

ALWAYS = 400
"""Approximate number of requests in a run without examples."""

OF_EXAMPLE = 25
"""Approximate number of requests per example: drawn queries, values in checks, and fuzzing."""

LEAST = 4
"""Examples to draw for the slowest server."""

LOOKS = 3
"""Listings to time; the shortest time counts, since other load may delay some."""


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
