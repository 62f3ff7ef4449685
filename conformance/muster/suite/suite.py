"""A run of the suite at one API version: the selected requirements, against one target."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from muster.fuzzing import ids
from muster.planting.state import PlantedState
from muster.register.requirements import Requirement
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from muster.suite import effort
from muster.suite.causes import with_causes
from muster.suite.ledger import Ledger
from muster.suite.plan import Plan, applicable
from muster.suite.results import Run
from muster.suite.sources import SOURCES
from muster.suite.symptoms import Unfiltered, unfiltered
from muster.transport import negotiation
from muster.transport.transport import Transport

MANY = 2
"""Departures of which one may follow from the other."""

NOTHING_PLANTED = PlantedState()


def run_suite(
    plan: Plan,
    transport: Transport,
    *,
    planted: PlantedState = NOTHING_PLANTED,
    ledger: Ledger | None = None,
    progress: Callable[[Requirement], None] | None = None,
) -> Run:
    """Check the requirements of *plan* at the API version of *transport*.

    Args:
        plan: What to check; requirements that do not apply to the version are left out.
        transport: Reaches the target, and fixes the API version.
        planted: The images that the suite planted there.
        ledger: Receives each result as soon as it exists; a new ledger if None.
        progress: Called before each requirement.

    Raises:
        TargetError: If the target cannot be reached, or does not serve the version.
        UsageError: If no requirement of *plan* applies to the version.
    """
    start = time.monotonic()
    ledger = ledger or Ledger()
    negotiation.probe(transport, transport.target, transport.version)
    chosen = applicable(plan.chosen, transport.version, planted.provided | transport.provided)
    examples, reduced = _examples(plan, transport)
    context = RunContext(Watch(transport), transport.version, plan.seed, examples, planted)
    _fill(ledger, chosen, replace(context, progress=progress) if progress else context)
    return Run(
        target=transport.target,
        version=transport.version,
        seed=plan.seed,
        strict=plan.strict,
        results=with_causes(ledger.results(chosen), _unfiltered(context.watch, ledger)),
        server=plan.server,
        requests=transport.sent,
        seconds=time.monotonic() - start,
        reduced=reduced,
    )


def _fill(ledger: Ledger, chosen: Sequence[Requirement], context: RunContext) -> None:
    """Add the results of all sources to *ledger*."""
    for source in SOURCES:
        for result in source.results(chosen, context, ledger.departed()):
            ledger.add(result)
    if context.watch.gone:
        ledger.blame_on(ids.ALIVE, context.watch.departure().message, context.watch.blocked())


def _unfiltered(watch: Watch, ledger: Ledger) -> Unfiltered:
    """Return what the server lists without filters, if a departure has to be explained."""
    if watch.gone or len(ledger.departed()) < MANY:
        return {}
    return unfiltered(watch)


def _examples(plan: Plan, transport: Transport) -> tuple[int, str]:
    """Return how many examples to draw, and which tests were reduced."""
    wanted = plan.options.max_examples
    if not plan.adapts:
        return wanted, ""
    seconds = effort.measure(transport)
    examples = effort.plan_examples(wanted, seconds)
    return examples, effort.describe(wanted, examples, seconds)
