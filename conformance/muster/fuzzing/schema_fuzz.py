"""Fuzzing of List Images: the requirements that it checks, and the meaning of its findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muster import extras
from muster.fuzzing.ids import ALIVE, REQUIREMENTS
from muster.model.exchange import Sender
from muster.register.verdict import Departure, Inconclusive, Outcome, Passed
from muster.runner.liveness import Watch, watched


def fuzz(
    document: Mapping[str, Any], sender: Sender, *, seed: int, max_examples: int
) -> tuple[dict[str, Outcome], int]:
    """Fuzz List Images.

    Args:
        document: The contract's document of the API version that *sender* asks.
        sender: Sends the requests.
        seed: Fixes the requests.
        max_examples: How many random requests to draw, in addition to the document's examples.

    Returns:
        The outcome for each of `REQUIREMENTS`, inconclusive without Schemathesis, and the number
        of requests sent.
    """
    watch = watched(sender)
    before = watch.sent
    if watch.gone:
        return _outcomes({ALIVE: watch.departure()}, watch), 0
    # Schemathesis takes half a second to load; commands that check nothing should not wait for it.
    try:
        from muster.fuzzing.schemathesis import departures  # noqa: PLC0415
    except ImportError as error:
        return dict.fromkeys(REQUIREMENTS, Inconclusive(extras.advice(error, "fuzz"))), 0
    found = departures(document, watch, seed=seed, max_examples=max_examples)
    return _outcomes(found, watch), watch.sent - before


def _outcomes(found: Mapping[str, Departure], watch: Watch) -> dict[str, Outcome]:
    rest: Outcome = watch.blocked() if watch.gone else Passed()
    return {name: found.get(name, rest) for name in REQUIREMENTS}
