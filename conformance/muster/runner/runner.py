"""Runs checks against a target: sends what they yield, and judges what they find."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from random import Random
from typing import Any, TypeVar

import muster.checks.catalogue  # noqa: F401 - importing it registers the checks
from muster.checks.check import CHECKS, Batch, Check, Context, Parallel, Steps
from muster.model.exchange import Request, Sender
from muster.model.image import NotAListing, listing
from muster.model.image_schema import image_schema
from muster.model.query import ALL
from muster.register.requirements import Level, Requirement
from muster.register.verdict import Departure, Inconclusive, Outcome, Result, judge
from muster.runner.context import RunContext
from muster.runner.parallel import send_parallel
from muster.runner.pipeline import Pipeline

T = TypeVar("T")

ATTEMPTS = 3
"""How often a check is made on a server whose images change meanwhile."""


def run(requirements: Sequence[Requirement], context: RunContext) -> Iterator[Result]:
    """Check each of *requirements*, in this order, with its check in `muster.checks`."""
    pipeline = Pipeline(context.watch)
    settled = _Settled(pipeline)
    schema = image_schema(context.document)
    for requirement in requirements:
        context.progress(requirement)
        random = Random(f"{context.seed} {requirement.id}")  # noqa: S311 - no secret
        known = Context(random, context.limit, schema, context.version, context.planted.images)
        sent, start = context.watch.sent, time.monotonic()
        outcome = _outcome(requirement, known, settled)
        yield judge(requirement, outcome, context.watch.sent - sent, time.monotonic() - start)


def _outcome(requirement: Requirement, context: Context, settled: _Settled) -> Outcome:
    if settled.watch.gone:
        return settled.watch.blocked()
    if requirement.planted:
        # A planted image is the suite's own, and checks of these change them.
        return _once(requirement, context, settled.pipeline)
    return settled.outcome(requirement, context)


class _Settled:
    """Makes checks on a server whose images others may change.

    The state of these is looked at before the first check, and behind departures only: where it is
    what it was, it was so all the time.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.watch = pipeline.watch
        self._looked = False
        self._state: list[str] | None = None

    def outcome(self, requirement: Requirement, context: Context) -> Outcome:
        """The outcome for *requirement*, tried again if the images changed meanwhile."""
        if not self._looked:
            self._is_unchanged()
        for _ in range(ATTEMPTS):
            outcome = _once(requirement, context, self.pipeline)
            if not isinstance(outcome, Departure) or self.watch.gone or self._is_unchanged():
                return outcome
        return Inconclusive(
            f"the images changed during the check, {ATTEMPTS} times: "
            "check a server that is not in use"
        )

    def _is_unchanged(self) -> bool:
        """Whether the images are those of the last look."""
        before, self._state = self._state, fingerprint(self.watch)
        looked, self._looked = self._looked, True
        return looked and self._state == before


def _once(requirement: Requirement, context: Context, pipeline: Pipeline) -> Outcome:
    watch = pipeline.watch
    outcome = perform(CHECKS[requirement.id], context, pipeline)
    if not watch.gone:
        return outcome
    # Where departures are no failures, this is none of theirs.
    return watch.departure() if requirement.level is Level.MUST else watch.blocked()


def perform(check: Check, context: Context, pipeline: Pipeline) -> Outcome:
    """Make *check* once, and return its outcome."""
    try:
        return drive(check(context), pipeline)
    except (Departure, Inconclusive) as raised:
        return raised


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
