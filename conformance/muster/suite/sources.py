"""The sources of results: checks, drawn queries, and Schemathesis."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from muster.checks.check import CHECKS
from muster.fuzzing import attribution, ids, random_queries, schema_fuzz
from muster.register.requirements import Requirement
from muster.register.verdict import Departure, Inconclusive, Outcome, Result, judge
from muster.runner import runner, steadiness
from muster.runner.context import RunContext

ALREADY_REPORTED = {ids.SCHEMA: "LIST-SCHEMA", ids.MEDIA_TYPE: "LIST-ANSWER"}
"""Requirements of fuzzing, with those whose departures they would report again."""

SHARED = frozenset({*ids.REQUIREMENTS, *ALREADY_REPORTED.values(), *attribution.ATTRIBUTABLE})
"""Requirements decided by the same random queries and requests."""

DRAWN = 10
"""Drawn queries per fuzzing request: they are that much cheaper."""


class Source(Protocol):
    """Determines whether a server meets some of the requirements."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Check *chosen*, as far as this source can.

        Args:
            chosen: The requirements to check, in the order of the register.
            context: The run.
            departed: Ids of the requirements that the server has departed from so far.
        """
        ...


class Obstacles:
    """Blocks the requirements whose images could not be planted."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Yield a result for each requirement whose images could not be planted."""
        del departed
        for requirement in chosen:
            if requirement.need and requirement.need in context.planted.obstacles:
                yield judge(requirement, context.planted.obstacles[requirement.need])


class Checks:
    """The checks of `muster.checks`, one for each requirement."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Run each check."""
        del departed
        obstacles = context.planted.obstacles
        checked = [each for each in chosen if each.id in CHECKS and each.need not in obstacles]
        yield from runner.run(checked, context)


class DrawnQueries:
    """Queries drawn from the whole grammar, compared with what the full listing implies."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Send the queries, if they can show a departure from any of *chosen*."""
        if not any(each.id in attribution.ATTRIBUTABLE for each in chosen):
            return
        _announce(chosen, random_queries.REQUIREMENTS, context)
        yield from _judged(
            chosen,
            lambda: random_queries.ask(
                context.watch,
                version=context.version,
                seed=context.seed,
                count=context.max_examples * DRAWN,
                failed=departed,
            ),
        )


class Schemathesis:
    """Requests that Schemathesis draws from the OpenAPI document."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Send the requests, if *chosen* has any requirement of fuzzing."""
        if not _announce(chosen, ids.REQUIREMENTS, context):
            return
        yield from _judged(chosen, lambda: _fuzz(context, departed))


class Steadiness:
    """Requests of the other sources that failed once, and did not when sent again."""

    def results(
        self, chosen: Sequence[Requirement], context: RunContext, departed: Collection[str]
    ) -> Iterator[Result]:
        """Judge what was counted; send nothing."""
        del departed
        found = steadiness.outcomes(context.watch)
        for requirement in chosen:
            if requirement.id in found:
                yield judge(requirement, found[requirement.id])


SOURCES: tuple[Source, ...] = (
    Obstacles(),
    Checks(),
    DrawnQueries(),
    Schemathesis(),
    Steadiness(),
)
"""Every source, in order: each may skip what earlier ones have decided."""


def _fuzz(context: RunContext, departed: Collection[str]) -> tuple[dict[str, Outcome], int]:
    outcomes, requests = schema_fuzz.fuzz(
        context.document, context.watch, seed=context.seed, max_examples=context.max_examples
    )
    for name, cause in ALREADY_REPORTED.items():
        if cause in departed and isinstance(outcomes.get(name), Departure):
            outcomes[name] = Inconclusive(f"answers fail for what {cause} names")
    return outcomes, requests


def _judged(
    chosen: Sequence[Requirement], ask: Callable[[], tuple[Mapping[str, Outcome], int]]
) -> Iterator[Result]:
    """Judge the outcomes of *ask* for *chosen*; they share its request count and its time."""
    start = time.monotonic()
    outcomes, requests = ask()
    seconds = time.monotonic() - start
    for requirement in chosen:
        if requirement.id in outcomes:
            yield judge(requirement, outcomes[requirement.id], requests, seconds)


def _announce(chosen: Sequence[Requirement], names: Collection[str], context: RunContext) -> bool:
    """Report progress for the first of *chosen* among *names*; return whether there is one."""
    first = next((each for each in chosen if each.id in names), None)
    if first is not None:
        context.progress(first)
    return first is not None


def describe_source(requirement: Requirement) -> str:
    """Describe in a sentence what checks *requirement*; empty if no check can."""
    if requirement.unchecked:
        return ""
    if requirement.id in ids.REQUIREMENTS:
        return "requests that Schemathesis draws from the document, correct and incorrect ones."
    if requirement.id in random_queries.REQUIREMENTS:
        return (
            "queries drawn from the whole grammar, with the server's own values and near misses, "
            "against what the full listing implies."
        )
    if requirement.id == steadiness.DROPPED:
        return "all requests of the run: those without an answer are sent again, and counted."
    return (CHECKS[requirement.id].__doc__ or "").split("\n")[0]
