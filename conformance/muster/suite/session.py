"""Checks a server at one API version after the other, and keeps what was found whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from muster.cli.progress import progress
from muster.errors import Overloaded, TargetError, Unreachable, UsageError
from muster.model.version import ApiVersion
from muster.planting.session import PlantingOptions, planted
from muster.record.outcome import INTERRUPTED
from muster.register.requirements import Need, Requirement
from muster.register.verdict import Result, Verdict
from muster.suite import suite
from muster.suite.results import Options, Run, Session
from muster.transport.settings import ConnectionOptions
from muster.transport.target import Target


@dataclass(frozen=True, slots=True)
class Plan:
    """What to check.

    Attributes:
        target: the server.
        versions: the API versions, oldest first.
        chosen: the requirements, in the order of the register.
        seed: fixes every random choice.
        strict: whether warnings count as failures.
        options: what else decides what is asked.
        server: what the server says of itself.
        provided: what there is of the suite's own.
    """

    target: Target
    versions: Sequence[ApiVersion]
    chosen: Sequence[Requirement]
    seed: int = 0
    strict: bool = False
    options: Options = field(default_factory=Options)
    server: Mapping[str, str] = field(default_factory=dict)
    provided: frozenset[Need] = frozenset()


OnResult = Callable[[Result], None]
VersionRun = Callable[[ApiVersion, OnResult], Run]
"""Checks at one API version; gives each result to the OnResult as soon as it is there."""


def run_version(plan: Plan, connection: ConnectionOptions, plants: PlantingOptions) -> VersionRun:
    """What checks *plan* at one API version over a connection of its own."""

    def run_one(version: ApiVersion, note: OnResult) -> Run:
        connection.limit.left()
        with (
            plants.prepared() as prepared,
            connection.transport(plan.target, version, prepared.permission) as transport,
            planted(transport, prepared) as ground,
            progress(len(plan.chosen)) as show,
        ):
            return suite.run_suite(
                plan.chosen,
                transport,
                seed=plan.seed,
                max_examples=plan.options.max_examples,
                server=plan.server,
                ground=ground,
                strict=plan.strict,
                progress=show,
                note=note,
            )

    return run_one


def run_session(plan: Plan, run_one: VersionRun) -> Session:
    """Check *plan*, one API version after the other.

    A version that is refused, or cannot be checked, is no reason not to check the next; a server
    that does not answer any more, and a user who interrupts, end the session. Either way what was
    found is kept.

    Raises:
        UsageError: if none of the requirements can be checked at any of the versions.
    """
    started = datetime.now(UTC)
    runs: list[Run] = []
    for version in _worthwhile(plan):
        found = _Found()
        start = time.monotonic()
        reason, ended = "", False
        try:
            runs.append(run_one(version, found.note))
        except KeyboardInterrupt:
            reason, ended = INTERRUPTED, True
        except TargetError as e:
            reason, ended = str(e), isinstance(e, Unreachable | Overloaded)
            for result in _blocked(plan, version, reason):
                found.results.setdefault(result.requirement.id, result)
        if reason:
            seconds = time.monotonic() - start
            runs.append(_broken_off(plan, version, found, seconds, reason))
        if ended:
            return Session(runs, plan.options, started, reason, plan.provided)
    return Session(runs, plan.options, started, "", plan.provided)


@dataclass(frozen=True, slots=True)
class _Found:
    """Results at one API version, by requirement: one that comes later replaces one before."""

    results: dict[str, Result] = field(default_factory=dict)

    def note(self, result: Result) -> None:
        self.results[result.requirement.id] = result


def _worthwhile(plan: Plan) -> list[ApiVersion]:
    """The versions at which any of the requirements can be checked."""
    versions: list[ApiVersion] = []
    why = UsageError("no API version is left to check")
    for version in plan.versions:
        try:
            suite.holding(plan.chosen, version, plan.provided)
        except UsageError as e:
            why = e
        else:
            versions.append(version)
    if not versions:
        raise why
    return versions


def _blocked(plan: Plan, version: ApiVersion, reason: str) -> list[Result]:
    """A result for each requirement that would have been checked, had there been no trouble."""
    held = suite.holding(plan.chosen, version, plan.provided)
    return [Result(requirement, Verdict.BLOCKED, reason) for requirement in held]


def _broken_off(plan: Plan, version: ApiVersion, found: _Found, seconds: float, reason: str) -> Run:
    results = [found.results[each.id] for each in plan.chosen if each.id in found.results]
    return Run(
        target=plan.target,
        version=version,
        seed=plan.seed,
        strict=plan.strict,
        results=results,
        server=plan.server,
        requests=sum(result.requests for result in results),
        seconds=seconds,
        aborted_because=reason,
    )
