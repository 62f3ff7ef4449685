"""A run of the suite: the requirements that were selected, against one target."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import muster_openapi
from muster.checks.check import CHECKS
from muster.errors import UsageError
from muster.fuzzing import attribution, random_queries, schema_fuzz
from muster.model.image_schema import image_schema
from muster.model.version import ApiVersion
from muster.planting.state import PlantedState
from muster.register.requirements import Need, Requirement, find
from muster.register.verdict import Departure, Inconclusive, Outcome, Result, Verdict, judge
from muster.runner import runner
from muster.runner.liveness import Watch
from muster.suite.results import Run
from muster.transport import negotiation
from muster.transport.transport import Transport

TOLD_ALREADY = {"FUZZ-SCHEMA": "LIST-SCHEMA", "FUZZ-MEDIA-TYPE": "LIST-ANSWER"}
"""Requirements of fuzzing, with those whose departures they would only tell again."""

TOGETHER = frozenset({*schema_fuzz.REQUIREMENTS, *TOLD_ALREADY.values(), *attribution.ATTRIBUTABLE})
"""Requirements on which the same queries and requests decide, drawn at random."""

DRAWN = 10
"""Drawn queries for each request that fuzzing draws: they are that much cheaper."""

NOTHING_PLANTED = PlantedState()


def select(
    register: Mapping[str, Requirement], only: Sequence[str], skip: Sequence[str]
) -> list[Requirement]:
    """The requirements that the user wants, in the order of the register.

    Args:
        register: the requirements that are checked, by their ids.
        only: ids to check; empty for all.
        skip: ids to leave out.

    Raises:
        UsageError: if an id is not in the register, or not checked, or none is left.
    """
    for name in (*only, *skip):
        if name not in register:
            reason = find(name).unchecked
            raise UsageError(f"{name} cannot be checked: {reason}")
    chosen = [r for r in register.values() if (not only or r.id in only) and r.id not in skip]
    if not chosen:
        raise UsageError("--only and --skip leave no requirement to check")
    return chosen


def tried_on(requirement: Requirement) -> str:
    """What the check of *requirement* asks, in a sentence; empty if it has none."""
    if requirement.unchecked:
        return ""
    if requirement.id in schema_fuzz.REQUIREMENTS:
        return "requests that Schemathesis draws from the document, correct and incorrect ones."
    if requirement.id in random_queries.REQUIREMENTS:
        return (
            "queries drawn from the whole grammar, with the server's own values and near misses, "
            "against what the full listing implies."
        )
    return (CHECKS[requirement.id].__doc__ or "").split("\n")[0]


def holding(
    chosen: Sequence[Requirement], version: ApiVersion, provided: Collection[Need] = ()
) -> list[Requirement]:
    """Those of *chosen* that are requirements of *version*, and can be tried.

    Args:
        chosen: what the user wants checked.
        version: the API version.
        provided: what there is of the suite's own.

    Raises:
        UsageError: if there is none.
    """
    held = [requirement for requirement in chosen if requirement.holds_at(version)]
    tried = [each for each in held if each.need is None or each.need in provided]
    if not tried:
        names = ", ".join(requirement.id for requirement in chosen)
        options = " and ".join(dict.fromkeys(each.need.option for each in held if each.need))
        need = f"only with {options} can" if held else f"at API {version} nothing can"
        raise UsageError(f"{need} be checked of what was selected: {names}")
    return tried


def run_suite(
    chosen: Sequence[Requirement],
    transport: Transport,
    *,
    seed: int,
    max_examples: int,
    server: Mapping[str, str] | None = None,
    ground: PlantedState = NOTHING_PLANTED,
    strict: bool = False,
    progress: Callable[[Requirement], None] = lambda _: None,
    note: Callable[[Result], None] = lambda _: None,
) -> Run:
    """Check the requirements *chosen* at the target of *transport*.

    Args:
        chosen: what to check, in this order; what is no requirement of the version is left out.
        transport: reaches the target, and fixes the API version.
        seed: fixes every random choice.
        max_examples: how many requests fuzzing draws at random; ten times as many queries are
            drawn from the server's own values, and a quarter of it is how many of these values
            (labels, names) a check tries.
        server: what the server says of itself.
        ground: what the suite put there.
        strict: whether warnings count as failures.
        progress: called before each requirement.
        note: called with each result as soon as it is there.

    Raises:
        TargetError: if the target cannot be reached, or does not serve the version.
        UsageError: if none of *chosen* is a requirement of the version.
    """
    start = time.monotonic()
    version = transport.version
    document = muster_openapi.document(str(version))
    negotiation.probe(transport, transport.target, version)
    chosen = holding(chosen, version, ground.provided | transport.provided)
    found = _Found(chosen, note)
    for requirement in chosen:
        if requirement.need and requirement.need in ground.obstacles:
            found.add({requirement.id: ground.obstacles[requirement.need]}, 0)
    watch = Watch(transport)
    runner.run(
        [each for each in chosen if each.id in CHECKS and each.need not in ground.obstacles],
        watch,
        schema=image_schema(document),
        seed=seed,
        limit=max(1, max_examples // 4),
        version=version,
        planted=ground.images,
        progress=progress,
        note=found.take,
    )
    if found.first_of(attribution.ATTRIBUTABLE):
        if first := found.first_of(random_queries.REQUIREMENTS):
            progress(first)
        count = max_examples * DRAWN
        failed = found.broken()
        found.add(
            *random_queries.ask(watch, version=version, seed=seed, count=count, failed=failed)
        )
    if first := found.first_of(schema_fuzz.REQUIREMENTS):
        progress(first)
        outcomes, requests = schema_fuzz.fuzz(document, watch, seed=seed, max_examples=max_examples)
        found.add(_not_told(outcomes, found.broken()), requests)
    if watch.gone and schema_fuzz.ALIVE in found.results:
        # That the server died under a check is no fault of what that is about.
        death = watch.departure().message
        found.replace(death, watch.blocked(), but=schema_fuzz.ALIVE)
    return Run(
        target=transport.target,
        version=version,
        seed=seed,
        strict=strict,
        results=[found.results[each.id] for each in chosen],
        server=server or {},
        requests=transport.sent,
        seconds=time.monotonic() - start,
    )


class _Found:
    """Results by requirement, each of which is told at once.

    Args:
        wanted: the requirements that are checked.
        note: called with each result.
    """

    def __init__(self, wanted: Sequence[Requirement], note: Callable[[Result], None]) -> None:
        self.wanted = {requirement.id: requirement for requirement in wanted}
        self.results: dict[str, Result] = {}
        self._note = note

    def take(self, result: Result) -> None:
        """Keep *result*, in place of an earlier one."""
        self.results[result.requirement.id] = result
        self._note(result)

    def add(self, outcomes: Mapping[str, Outcome], requests: int) -> None:
        """Judge *outcomes* of requirements that are wanted; what it took was *requests*."""
        for name, outcome in outcomes.items():
            if name in self.wanted:
                self.take(judge(self.wanted[name], outcome, requests))

    def replace(self, message: str, outcome: Outcome, *, but: str) -> None:
        """Put *outcome* in place of what has *message*, except for the requirement *but*."""
        for name, result in list(self.results.items()):
            if name != but and result.message == message:
                self.add({name: outcome}, result.requests)

    def first_of(self, names: Iterable[str]) -> Requirement | None:
        """The first of the requirements *names* that is wanted."""
        return next((self.wanted[name] for name in self.wanted if name in names), None)

    def broken(self) -> set[str]:
        """The requirements that the server is known to break."""
        verdicts = (Verdict.FAIL, Verdict.WARN)
        return {name for name, result in self.results.items() if result.verdict in verdicts}


def _not_told(outcomes: Mapping[str, Outcome], told: Collection[str]) -> dict[str, Outcome]:
    """Of what fuzzing found, what is not *told* yet."""
    # What a drawn query has found out already is a fault even if fuzzing does not see it.
    left = {name: outcome for name, outcome in outcomes.items() if name not in told}
    for name, cause in TOLD_ALREADY.items():
        if cause in told and isinstance(left.get(name), Departure):
            left[name] = Inconclusive(f"answers fail for what {cause} names")
    return left
