"""Runs checks against a target: sends what they yield, and judges what they find."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from random import Random
from typing import Any, TypeVar

import muster.checks.catalogue  # noqa: F401 - importing it registers the checks
from muster.checks.check import CHECKS, Batch, Check, Context, Parallel, Steps
from muster.model.exchange import Request, Sender
from muster.model.image import NotAListing, listing
from muster.model.query import ALL
from muster.model.version import FIRST, ApiVersion
from muster.planting.fixtures import Planted
from muster.register.requirements import Level, Requirement
from muster.register.verdict import Departure, Inconclusive, Outcome, Result, judge
from muster.runner.liveness import watched
from muster.runner.parallel import send_parallel
from muster.runner.pipeline import Pipeline

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
    pipeline = Pipeline(watch)
    settled = _Settled(pipeline)
    results: list[Result] = []
    for requirement in requirements:
        progress(requirement)
        random = Random(f"{seed} {requirement.id}")  # noqa: S311 - no secret
        context = Context(random, limit, schema, version, tuple(planted))
        before = watch.sent
        outcome: Outcome
        if watch.gone:
            outcome = watch.blocked()
        elif requirement.planted:
            # A planted image is the suite's own, and checks of these change them.
            outcome = _once(requirement, context, pipeline)
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

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._watch = pipeline.watch
        self._looked = False
        self._state: list[str] | None = None

    def outcome(self, requirement: Requirement, context: Context) -> Outcome:
        """The outcome for *requirement*, tried again if the images changed meanwhile."""
        if not self._looked:
            self._is_unchanged()
        for _ in range(ATTEMPTS):
            outcome = _once(requirement, context, self._pipeline)
            if not isinstance(outcome, Departure) or self._watch.gone or self._is_unchanged():
                return outcome
        return Inconclusive(
            f"the images changed during the check, {ATTEMPTS} times: "
            "check a server that is not in use"
        )

    def _is_unchanged(self) -> bool:
        """Whether the images are those of the last look."""
        before, self._state = self._state, fingerprint(self._watch)
        looked, self._looked = self._looked, True
        return looked and self._state == before


def _once(requirement: Requirement, context: Context, pipeline: Pipeline) -> Outcome:
    watch = pipeline.watch
    outcome, _ = _performed(CHECKS[requirement.id], context, pipeline)
    if not watch.gone:
        return outcome
    # Where departures are no failures, this is none of theirs.
    return watch.departure() if requirement.level is Level.MUST else watch.blocked()


def perform(check: Check, context: Context, sender: Sender) -> tuple[Outcome, int]:
    """Make *check* once; its outcome and the number of requests it sent."""
    return _performed(check, context, Pipeline(watched(sender)))


def _performed(check: Check, context: Context, pipeline: Pipeline) -> tuple[Outcome, int]:
    before = pipeline.watch.sent
    outcome: Outcome
    try:
        outcome = drive(check(context), pipeline)
    except (Departure, Inconclusive) as raised:
        outcome = raised
    return outcome, pipeline.watch.sent - before


def drive(steps: Steps[T], pipeline: Pipeline) -> T:
    """Send what *steps* yield, give them what comes of it, and return what they return.

    Raises:
        Departure, Inconclusive: as *steps* do.
    """
    with ExitStack() as batches:
        try:
            step = next(steps)
            while True:
                step = steps.send(_sent(step, pipeline, batches))
        except StopIteration as end:
            result: T = end.value
            return result


def _sent(step: Request | Parallel | Batch, pipeline: Pipeline, batches: ExitStack) -> Any:
    watch = pipeline.watch
    if isinstance(step, Request):
        return watch.send(step)
    if isinstance(step, Batch):
        # Steps need not take all of it.
        return batches.enter_context(closing(pipeline.batch(step.requests)))
    exchanges = send_parallel(watch.sender, step.sequences)
    flat = [exchange for sequence in exchanges for exchange in sequence]
    watch.sent += len(flat)
    watch.check_alive(flat)
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
