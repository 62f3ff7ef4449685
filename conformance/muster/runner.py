"""Runs checks against a target: sends what they yield, and judges what they find."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

import muster.checks  # noqa: F401 - importing it registers the checks
from muster.check import CHECKS, Check, Context, Steps, Together
from muster.evidence import ALL
from muster.exchange import Request, Sender
from muster.fixtures import Planted
from muster.image import NotAListing, listing
from muster.liveness import Watch, watched
from muster.parallel import together
from muster.register import FIRST, Level, Requirement
from muster.verdict import Departure, NoEvidence, Outcome, Result, judge
from muster.version import ApiVersion

T = TypeVar("T")

ATTEMPTS = 3
"""How often a check is made on a server whose images change meanwhile."""


def run(
    requirements: Sequence[Requirement],
    sender: Sender,
    *,
    schema: Mapping[str, Any],
    seed: int,
    limit: int,
    version: ApiVersion = FIRST,
    planted: Sequence[Planted] = (),
    progress: Callable[[Requirement], None] = lambda _: None,
    note: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Check each of *requirements* that has a check in `muster.checks`.

    Args:
        requirements: what to check, in this order.
        sender: sends the requests.
        schema: the JSON schema of an image.
        seed: fixes every random choice.
        limit: how many values a check tries where the server's images offer more.
        version: the API version that *sender* asks.
        planted: the images that the suite put on the server.
        progress: called before each requirement.
        note: called with each result as soon as it is there.
    """
    watch = watched(sender)
    settled = _Settled(watch)
    results: list[Result] = []
    for requirement in requirements:
        progress(requirement)
        random = Random(f"{seed} {requirement.id}")  # noqa: S311 - no secret
        context = Context(random, limit, schema, version, tuple(planted))
        before = watch.sent
        outcome: Outcome
        if watch.gone:
            outcome = watch.hindered()
        elif requirement.planted:
            # A planted image is the suite's own, and checks of these change them.
            outcome = _once(requirement, context, watch)
        else:
            outcome = settled.outcome(requirement, context)
        results.append(judge(requirement, outcome, watch.sent - before))
        note(results[-1])
    return results


class _Settled:
    """Makes checks on a server whose images others may change.

    The state of these is looked at before the first check, and behind departures only: where it is
    what it was, it was so all the time.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._looked = False
        self._state: list[str] | None = None

    def outcome(self, requirement: Requirement, context: Context) -> Outcome:
        """The outcome for *requirement*, tried again if the images changed meanwhile."""
        if not self._looked:
            self._is_unchanged()
        for _ in range(ATTEMPTS):
            outcome = _once(requirement, context, self._watch)
            if not isinstance(outcome, Departure) or self._watch.gone or self._is_unchanged():
                return outcome
        return NoEvidence(
            f"the images changed during the check, {ATTEMPTS} times: "
            "check a server that is not in use"
        )

    def _is_unchanged(self) -> bool:
        """Whether the images are those of the last look."""
        before, self._state = self._state, fingerprint(self._watch)
        looked, self._looked = self._looked, True
        return looked and self._state == before


def _once(requirement: Requirement, context: Context, watch: Watch) -> Outcome:
    outcome, _ = perform(CHECKS[requirement.id], context, watch)
    if not watch.gone:
        return outcome
    # Where departures are no failures, this is none of theirs.
    return watch.departure() if requirement.level is Level.MUST else watch.hindered()


def perform(check: Check, context: Context, sender: Sender) -> tuple[Outcome, int]:
    """Make *check* once; its outcome and the number of requests it sent."""
    watch = watched(sender)
    before = watch.sent
    outcome: Outcome
    try:
        outcome = drive(check(context), watch)
    except (Departure, NoEvidence) as raised:
        outcome = raised
    return outcome, watch.sent - before


def drive(steps: Steps[T], watch: Watch) -> T:
    """Send what *steps* yield, give them what comes of it, and return what they return.

    Raises:
        Departure, NoEvidence: as *steps* do.
    """
    try:
        step = next(steps)
        while True:
            step = steps.send(_sent(step, watch))
    except StopIteration as end:
        result: T = end.value
        return result


def _sent(step: Request | Together, watch: Watch) -> Any:
    if isinstance(step, Request):
        return watch.send(step)
    exchanges = together(watch.sender, step.sequences)
    flat = [exchange for sequence in exchanges for exchange in sequence]
    watch.sent += len(flat)
    watch.look(flat)
    return exchanges


def fingerprint(sender: Sender) -> list[str] | None:
    """What tells one state of the server's images from another; None if it cannot be had."""
    response = sender.send(ALL).response
    if response is None:
        return None
    try:
        images = listing(response)
    except NotAListing:
        return None
    return sorted(json.dumps(image.raw, sort_keys=True) for image in images)
