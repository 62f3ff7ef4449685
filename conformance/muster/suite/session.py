"""Checks a server at one API version after another, and keeps the results whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from muster.errors import Overloaded, TargetError, Unreachable, UsageError
from muster.model.version import SUPPORTED_VERSIONS, ApiVersion
from muster.planting.session import PlantingOptions, planted
from muster.planting.state import PlantedState
from muster.register.requirements import Need, Requirement
from muster.register.verdict import Result, Verdict
from muster.suite.ledger import Ledger
from muster.suite.plan import Plan, applicable
from muster.suite.results import INTERRUPTED, Options, Run, Session
from muster.suite.suite import run_suite
from muster.transport import negotiation
from muster.transport.settings import ConnectionOptions
from muster.transport.target import Target
from muster.transport.transport import Transport

Progress = Callable[[int], AbstractContextManager[Callable[[Requirement], None]]]
"""Shows progress: takes the number of requirements, and yields a function to call before each."""


def _silent(_: int) -> AbstractContextManager[Callable[[Requirement], None]]:
    return nullcontext(lambda _: None)


@dataclass(frozen=True, slots=True)
class Setup:
    """A server, the connection to it, and the images planted on it.

    Attributes:
        target: The server's address.
        connection: How to reach it.
        plants: Which images to plant.
    """

    target: Target
    connection: ConnectionOptions = field(default_factory=ConnectionOptions)
    plants: PlantingOptions = field(default_factory=PlantingOptions)

    @property
    def provided(self) -> frozenset[Need]:
        """What checks can use: planted images, signing keys.

        Raises:
            UsageError: If the file of images planted by hand is not valid.
        """
        return self.plants.provided | self.connection.provided(self.target)

    def validate(self, api_version: str | None) -> None:
        """Reject options that contradict each other, before sending any request.

        Raises:
            UsageError: If they do.
        """
        self.plants.validate()
        negotiation.validate(api_version, self.target)

    def plan(
        self,
        api_version: str | None,
        chosen: Sequence[Requirement],
        *,
        seed: int,
        strict: bool,
        options: Options,
        adapts: bool = False,
    ) -> Plan:
        """Ask the server what it is and which versions it serves, and plan to check *chosen*.

        Args:
            api_version: The version to check, `all`, or None for the newest that both sides know.
            chosen: The requirements, in the order of the register.
            seed: Fixes every random choice.
            strict: Whether warnings count as failures.
            options: Further options that decide what is sent.
            adapts: Whether to draw fewer examples for a slow server.

        Raises:
            UsageError: If the options contradict each other.
            TargetError: If the server cannot be reached.
        """
        self.validate(api_version)
        self.connection.wait_for(self.target)
        with self.connection.transport(self.target, SUPPORTED_VERSIONS[0]) as transport:
            offer = negotiation.ask(transport, self.target)
        return Plan(
            target=self.target,
            versions=negotiation.choose(api_version, self.target, offer),
            chosen=chosen,
            seed=seed,
            strict=strict,
            options=options,
            server=offer.server,
            provided=self.provided,
            adapts=adapts,
        )

    def open(self, stack: ExitStack, version: ApiVersion) -> tuple[Transport, PlantedState]:
        """Connect at *version* and plant; closing *stack* undoes both."""
        prepared = stack.enter_context(self.plants.prepared())
        transport = stack.enter_context(
            self.connection.transport(self.target, version, prepared.permission)
        )
        return transport, stack.enter_context(planted(transport, prepared))


VersionRun = Callable[[ApiVersion, Ledger], Run]
"""Checks one API version; adds each result to the ledger as soon as it exists."""


def run_version(plan: Plan, setup: Setup, progress: Progress = _silent) -> VersionRun:
    """Return the run of *plan* at one API version, over a connection of its own."""

    def run_one(version: ApiVersion, ledger: Ledger) -> Run:
        setup.connection.limit.left()
        with ExitStack() as stack:
            transport, state = setup.open(stack, version)
            show = stack.enter_context(progress(len(plan.chosen)))
            return run_suite(plan, transport, planted=state, ledger=ledger, progress=show)

    return run_one


def run_session(plan: Plan, run_one: VersionRun) -> Session:
    """Check *plan*, one API version after another.

    If the server refuses a version, or it cannot be checked, the next one follows. The session ends
    early when the server stops responding or the user interrupts it. It keeps its results either
    way.

    Raises:
        UsageError: If none of the requirements can be checked at any of the versions.
    """
    started = datetime.now(UTC)
    runs: list[Run] = []
    for version in _worthwhile(plan):
        ledger = Ledger()
        start = time.monotonic()
        reason, ended = "", False
        try:
            runs.append(run_one(version, ledger))
        except KeyboardInterrupt:
            reason, ended = INTERRUPTED, True
        except TargetError as error:
            reason, ended = str(error), isinstance(error, Unreachable | Overloaded)
            _block_the_rest(plan, version, ledger, reason)
        if reason:
            seconds = time.monotonic() - start
            runs.append(_aborted(plan, version, ledger, seconds, reason))
        if ended:
            return Session(runs, plan.options, started, reason, plan.provided)
    return Session(runs, plan.options, started, "", plan.provided)


def _worthwhile(plan: Plan) -> list[ApiVersion]:
    """Return the versions at which any of the requirements can be checked."""
    versions: list[ApiVersion] = []
    why = UsageError("no API version is left to check")
    for version in plan.versions:
        try:
            applicable(plan.chosen, version, plan.provided)
        except UsageError as error:
            why = error
        else:
            versions.append(version)
    if not versions:
        raise why
    return versions


def _block_the_rest(plan: Plan, version: ApiVersion, ledger: Ledger, reason: str) -> None:
    """Add a result for each requirement that was still to be checked."""
    wanted = applicable(plan.chosen, version, plan.provided)
    there = {result.requirement.id for result in ledger.results(wanted)}
    for requirement in wanted:
        if requirement.id not in there:
            ledger.add(Result(requirement, Verdict.BLOCKED, reason))


def _aborted(plan: Plan, version: ApiVersion, ledger: Ledger, seconds: float, reason: str) -> Run:
    results = ledger.results(plan.chosen)
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
