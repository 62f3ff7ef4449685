"""A run that checks one requirement at a time, as its caller asks for results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from muster.model.version import ApiVersion
from muster.planting.state import PlantedState
from muster.register.requirements import Requirement, requirements
from muster.suite.plan import Plan, applicable
from muster.suite.results import Run
from muster.suite.session import Setup
from muster.suite.sources import SHARED
from muster.suite.suite import run_suite
from muster.transport.transport import Transport


@dataclass(slots=True)
class IncrementalRun:
    """Checks the requirements of a plan in any order, and cleans up at the end.

    Planted images stay on the server until the caller asks for another API version or closes the
    run.

    Args:
        plan: The API versions, and what fixes the random choices.
        setup: The server, the connection to it, and the images to plant.
    """

    plan: Plan
    setup: Setup
    _open: ExitStack = field(default_factory=ExitStack)
    _here: tuple[Transport, PlantedState] | None = None
    _shared: dict[ApiVersion, Run] = field(default_factory=dict)

    def run(self, requirement: Requirement, version: ApiVersion) -> Run:
        """Run *requirement* alone, at *version*.

        Raises:
            TargetError: If the server cannot be reached or checked.
            UsageError: If *version* does not have the requirement, or the images it needs are not
                planted.
        """
        applicable([requirement], version, self.plan.provided)
        if requirement.id not in SHARED:
            return self._run([requirement], version)
        if version not in self._shared:
            # All of them in one go, so that no query is drawn twice.
            chosen = [each for each in requirements().values() if each.id in SHARED]
            self._shared[version] = self._run(chosen, version)
        run = self._shared[version]
        results = [each for each in run.results if each.requirement == requirement]
        return replace(run, results=results)

    def _run(self, chosen: Sequence[Requirement], version: ApiVersion) -> Run:
        transport, state = self._at(version)
        return run_suite(replace(self.plan, chosen=chosen), transport, planted=state)

    def _at(self, version: ApiVersion) -> tuple[Transport, PlantedState]:
        if self._here is None or self._here[0].version != version:
            self.close()
            with ExitStack() as stack:
                self._here = self.setup.open(stack, version)
                self._open = stack.pop_all()
        return self._here

    def close(self) -> None:
        """Delete the planted images and close the connection."""
        self._here = None
        self._open.close()
