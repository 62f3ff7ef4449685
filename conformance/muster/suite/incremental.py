"""A run that is made one requirement at a time, as its driver asks for the results."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from muster.model.version import ApiVersion
from muster.planting.session import PlantingOptions, planted
from muster.planting.state import PlantedState
from muster.register.requirements import Requirement, requirements
from muster.suite import suite
from muster.suite.results import Run
from muster.suite.session import Plan
from muster.transport.settings import ConnectionOptions
from muster.transport.transport import Transport


@dataclass(slots=True)
class IncrementalRun:
    """Checks the requirements of a plan in any order; closes what it opened at the end.

    What is planted stays on the server until another API version is asked for, or the end.

    Args:
        plan: the server, its API versions and what fixes the choices.
        connection: how the server is reached.
        plants: what is put on it.
    """

    plan: Plan
    connection: ConnectionOptions = field(default_factory=ConnectionOptions)
    plants: PlantingOptions = field(default_factory=PlantingOptions)
    _open: ExitStack = field(default_factory=ExitStack)
    _here: tuple[Transport, PlantedState] | None = None
    _together: dict[ApiVersion, Run] = field(default_factory=dict)

    def check(self, requirement: Requirement, version: ApiVersion) -> Run:
        """A run of *requirement* alone, at *version*.

        Raises:
            TargetError: if the server cannot be reached or checked.
            UsageError: if it is no requirement of *version*, or needs what is not planted.
        """
        suite.holding([requirement], version, self.plan.provided)
        if requirement.id not in suite.TOGETHER:
            return self._run([requirement], version)
        if version not in self._together:
            self._together[version] = self._run(_together(requirements()), version)
        run = self._together[version]
        results = [each for each in run.results if each.requirement == requirement]
        return replace(run, results=results)

    def _run(self, chosen: list[Requirement], version: ApiVersion) -> Run:
        transport, ground = self._at(version)
        return suite.run_suite(
            chosen,
            transport,
            seed=self.plan.seed,
            max_examples=self.plan.options.max_examples,
            server=self.plan.server,
            ground=ground,
            strict=self.plan.strict,
        )

    def _at(self, version: ApiVersion) -> tuple[Transport, PlantedState]:
        if self._here is None or self._here[0].version != version:
            self.close()
            with ExitStack() as stack:
                prepared = stack.enter_context(self.plants.prepared())
                transport = stack.enter_context(
                    self.connection.transport(self.plan.target, version, prepared.permission)
                )
                self._here = transport, stack.enter_context(planted(transport, prepared))
                self._open = stack.pop_all()
        return self._here

    def close(self) -> None:
        """Remove what was planted, and close the connection."""
        self._here = None
        self._open.close()


def _together(register: Mapping[str, Requirement]) -> list[Requirement]:
    """What is checked at one go, so that nothing is drawn twice."""
    return [each for each in register.values() if each.id in suite.TOGETHER]
