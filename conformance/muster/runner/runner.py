"""Runs checks against a target: sends the requests that they yield, and judges their outcomes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from random import Random
from typing import Any, TypeVar

import muster.checks.catalogue  # noqa: F401 - importing it registers the checks
from muster.checks.check import CHECKS, Batch, Check, Context, Parallel, Recall, Steps
from muster.model.exchange import Exchange, Request
from muster.model.image_schema import image_schema
from muster.planting.fixtures import Planted
from muster.register.requirements import Level, Requirement
from muster.register.verdict import Departure, Inconclusive, Outcome, Result, judge
from muster.runner import steadiness
from muster.runner.confirmation import (
    ImageState,
    Recurrence,
    is_quiet,
    observe,
    only_lists,
    recurrence,
)
from muster.runner.context import RunContext
from muster.runner.parallel import send_parallel
from muster.runner.pipeline import Pipeline
from muster.transport.transport import Transport

T = TypeVar("T")

RUN = re.compile(r"muster\.test/([0-9a-z]+)/")
"""Matches the run in the names of a planted image."""

REPEATABLE = "LIST-REPEATABLE"
"""The requirement that intermittent departures break."""

ONCE = 3
"""Rarely recurring departures after which they count as a fault of the server."""

BUSY = "others changed images during the check: check a server that is not in use"

ATTEMPTS = 3
"""Maximum attempts at a check while other clients change the images."""


def run(requirements: Sequence[Requirement], context: RunContext) -> Iterator[Result]:
    """Check each of *requirements*, in order, with its check in `muster.checks`.

    An intermittent departure, in whichever check, gives a further result: one of `LIST-REPEATABLE`.
    """
    settled = _Settled(Pipeline(context.watch))
    schema = image_schema(context.document)
    for requirement in requirements:
        context.progress(requirement)
        contexts = partial(_check_context, requirement, context, schema)
        sent, start = context.watch.sent, time.monotonic()
        outcome = _outcome(requirement, contexts, settled)
        yield judge(requirement, outcome, context.watch.sent - sent, time.monotonic() - start)
    for requirement in requirements:
        if requirement.id == REPEATABLE and settled.intermittent:
            yield judge(requirement, settled.intermittent)


def _check_context(
    requirement: Requirement, context: RunContext, schema: Mapping[str, Any]
) -> Context:
    """Return the context of a check, with the same random choices every time."""
    random = Random(f"{context.seed} {requirement.id}")  # noqa: S311 - no secret
    return Context(random, context.limit, schema, context.version, context.planted.images)


def _outcome(
    requirement: Requirement, contexts: Callable[[], Context], settled: _Settled
) -> Outcome:
    if settled.watch.gone:
        return settled.watch.blocked()
    if requirement.planted:
        return settled.planted_outcome(requirement, contexts())
    return settled.outcome(requirement, contexts)


class _Settled:
    """Runs checks on a server whose images other clients may change.

    It looks at the images before the first check, and then only after departures. If they are
    unchanged, they either stayed so throughout or changed and changed back; `confirmation` tells
    these apart.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.watch = pipeline.watch
        self._state: ImageState | None = None
        self.intermittent: Departure | None = None
        self.recalled: Recalled = {}
        self._once = 0

    def outcome(self, requirement: Requirement, contexts: Callable[[], Context]) -> Outcome:
        """Return the outcome for *requirement*; repeat the check if the images changed."""
        if self._state is None:
            self._is_unchanged()
        for _ in range(ATTEMPTS):
            outcome = _once(requirement, contexts(), self.pipeline, self.recalled)
            if not isinstance(outcome, Departure) or self.watch.gone:
                return outcome
            if outcome.confirmed:
                return Inconclusive(BUSY) if self._others_are_active() else outcome
            if self._failed_by_chance(outcome):
                continue
            if not self._is_unchanged():
                continue
            if outcome.together:
                confirmed = self._made_again(requirement, contexts)
            else:
                confirmed = self._confirmed(requirement, outcome)
            if confirmed:
                return confirmed
        if isinstance(outcome, Departure) and self._failed_by_chance(outcome):
            return Inconclusive(f"the server fails now and then (see {REPEATABLE})")
        return Inconclusive(
            f"the images changed during the check, {ATTEMPTS} times: "
            "check a server that is not in use"
        )

    def planted_outcome(self, requirement: Requirement, context: Context) -> Outcome:
        """Return the outcome for *requirement*, whose check changes planted images.

        Such a check cannot be repeated. Changes that other clients made are not the server's fault.
        """
        self.recalled.clear()
        outcome = _once(requirement, context, self.pipeline)
        if not isinstance(outcome, Departure) or self.watch.gone:
            return outcome
        if self._failed_by_chance(outcome):
            return Inconclusive(f"the server fails now and then (see {REPEATABLE})")
        if not (shows_other_runs(outcome, context.planted) or self._others_are_active()):
            return outcome
        return Inconclusive(BUSY)

    def _failed_by_chance(self, departure: Departure) -> bool:
        """Whether *departure* rests on a failure of a kind that the server shows by chance."""
        if departure.together or not departure.exchanges:
            return False
        last = departure.exchanges[-1].response
        if last is not None and not last.is_server_error:
            return False
        seen = self.watch.dropped if last is None else self.watch.failed
        return len(seen) >= steadiness.ENOUGH

    def _others_are_active(self) -> bool:
        # An in-process server has no other clients.
        return isinstance(self.watch.sender, Transport) and not is_quiet(self.watch)

    def _is_unchanged(self) -> bool:
        """Whether the images are the same as at the last look."""
        before, self._state = self._state, observe(self.watch)
        unchanged = before is not None and self._state == before
        if not unchanged:
            self.recalled.clear()
        return unchanged

    def _made_again(
        self, requirement: Requirement, contexts: Callable[[], Context]
    ) -> Outcome | None:
        """Repeat the check until it departs again; None if the images changed."""
        for _ in range(ATTEMPTS):
            again = _once(requirement, contexts(), self.pipeline, self.recalled)
            if not self._is_unchanged():
                return None
            if isinstance(again, Departure):
                return again
        return Inconclusive(f"departed from once, and not in {ATTEMPTS} further tries")

    def _confirmed(self, requirement: Requirement, departure: Departure) -> Outcome | None:
        """Repeat *departure* and return the outcome; None if the images changed."""
        if self._state is None or not departure.exchanges:
            return departure
        again = recurrence(self.watch, self._state, departure.exchanges)
        if not again.unchanged:
            self._state = None
            self._is_unchanged()
            return None
        if again.always or self.watch.gone:
            return departure
        if not again.sometimes:
            # An occasional departure may be another client's doing; one this frequent is not.
            self._once += 1
            if self._once < ONCE:
                return Inconclusive(
                    f"departed from in {again.chance}: the images may have changed meanwhile"
                )
        return self._comes_and_goes(requirement, departure, again)

    def _comes_and_goes(
        self, requirement: Requirement, departure: Departure, again: Recurrence
    ) -> Outcome:
        told = f"in {again.chance} with the same full listing: {departure.message}"
        if requirement.id != REPEATABLE and only_lists(departure.exchanges):
            self.intermittent = self.intermittent or Departure(
                f"{requirement.id} is departed from {told}",
                departure.exchanges,
                departure.difference,
            )
            return Inconclusive(f"departed from {told} (see {REPEATABLE})")
        return Departure(f"{told[0].upper()}{told[1:]}", departure.exchanges, departure.difference)


def shows_other_runs(departure: Departure, planted: Sequence[Planted]) -> bool:
    """Return whether the difference consists of images planted by another run of the suite."""
    ours = {run for image in planted for tag in image.tags for run in RUN.findall(tag)}
    shown = {run for line in departure.difference for run in RUN.findall(line)}
    return bool(shown - ours)


def _once(
    requirement: Requirement,
    context: Context,
    pipeline: Pipeline,
    recalled: Recalled | None = None,
) -> Outcome:
    watch = pipeline.watch
    outcome = perform(CHECKS[requirement.id], context, pipeline, recalled)
    if not watch.gone:
        return outcome
    # Only a MUST can report a dead server: departures at other levels are not failures.
    return watch.departure() if requirement.level is Level.MUST else watch.blocked()


Recalled = dict[Request, Exchange]
"""The latest listings for the requests that many checks start with."""


def perform(
    check: Check, context: Context, pipeline: Pipeline, recalled: Recalled | None = None
) -> Outcome:
    """Run *check* once and return its outcome."""
    try:
        return drive(check(context), pipeline, recalled)
    except (Departure, Inconclusive) as raised:
        return raised


def drive(steps: Steps[T], pipeline: Pipeline, recalled: Recalled | None = None) -> T:
    """Send the requests that *steps* yield, pass back the exchanges, and return their result.

    Args:
        steps: A check, or a part of one.
        pipeline: Sends the requests.
        recalled: Exchanges that can be reused; new ones are added. None to send everything.

    Raises:
        Departure, Inconclusive: As *steps* do.
    """
    with ExitStack() as batches:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Recall):
                    step = steps.send(_recall(step.request, pipeline, recalled))
                else:
                    step = steps.send(_sent(step, pipeline, batches))
        except StopIteration as end:
            result: T = end.value
            return result


def _recall(request: Request, pipeline: Pipeline, recalled: Recalled | None) -> Exchange:
    if recalled and request in recalled:
        return recalled[request]
    exchange = pipeline.watch.send(request)
    if recalled is not None and exchange.response and not exchange.response.is_error:
        recalled[request] = exchange
    return exchange


def _sent(step: Request | Parallel | Batch, pipeline: Pipeline, batches: ExitStack) -> Any:
    watch = pipeline.watch
    if isinstance(step, Request):
        return watch.send(step)
    if isinstance(step, Batch):
        # Steps may stop before they have read every exchange.
        return batches.enter_context(closing(pipeline.batch(step.requests)))
    exchanges = send_parallel(watch.sender, step.sequences, by_turns=step.by_turns)
    flat = [exchange for sequence in exchanges for exchange in sequence]
    watch.sent += len(flat)
    watch.check_alive(flat)
    return exchanges
