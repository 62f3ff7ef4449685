"""The state that the tests of `pytest --muster=TARGET` share: the server and the results so far."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from muster.errors import MusterError
from muster.model.version import SUPPORTED_VERSIONS, ApiVersion
from muster.planting.session import PlantingOptions
from muster.record import baseline as baselines
from muster.record import shipped_baselines
from muster.record.baseline import Baseline
from muster.record.build import record_of
from muster.record.findings import Finding
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Requirement, requirements
from muster.reports import phrases
from muster.reports.terminal import in_full
from muster.suite.incremental import IncrementalRun
from muster.suite.results import Options, Session
from muster.suite.session import Setup
from muster.transport import negotiation
from muster.transport.settings import ConnectionOptions


@dataclass(frozen=True, slots=True)
class RequirementCase:
    """The requirement and version of one test.

    Attributes:
        requirement: The rule.
        version: The API version; None for the one that is negotiated.
        alone: Whether there is only one version, so that the name need not include it.
    """

    requirement: Requirement
    version: ApiVersion | None
    alone: bool

    @property
    def name(self) -> str:
        """The name of the test."""
        return self.requirement.id if self.alone else f"{self.requirement.id}[{self.version}]"


class PytestRun:
    """A run against one server.

    Args:
        target: Its address, as the user wrote it.
        asked: The API version, `all`, or None for the newest that both sides know.
        seed: Fixes every random choice.
        plant: Whether to plant images.
        strict: Whether warnings are failures.
        baseline: File of known departures.

    Raises:
        UsageError: If an option is invalid.
    """

    def __init__(
        self,
        target: str,
        asked: str | None = None,
        *,
        seed: int = 0,
        plant: bool = False,
        strict: bool = False,
        baseline: str | None = None,
    ) -> None:
        connection = ConnectionOptions.of(os.environ)
        plants = PlantingOptions(plant, tell=_tell)
        self.setup = Setup(connection.target(target, target), connection, plants)
        self.asked = asked
        self.seed = seed
        self.strict = strict
        self._provided = self.setup.provided
        # Report invalid options before sending any request.
        self.setup.validate(asked)
        self.baseline = Baseline("")
        if baseline:
            file = shipped_baselines.resolve(baseline)
            self.baseline = baselines.read(file, requirements(), name=baseline)
        self._found: dict[str, Record] = {}
        self._expected: tuple[RequirementCase, ...] = ()
        self._asked: set[RequirementCase] = set()
        self._steps: IncrementalRun | None = None
        self._trouble: MusterError | None = None

    @property
    def described(self) -> str:
        """A line that describes the run."""
        version = f"API {self.asked or self.setup.target.version or 'to be negotiated'}"
        plant = "fixture images planted" if self.setup.plants.plant else "read-only"
        return f"{self.setup.target}, {version}, {plant}, seed {self.seed}"

    def cases(self) -> Iterator[RequirementCase]:
        """Return the cases to test, as far as known before contacting the server."""
        named = self.asked or self.setup.target.version
        several = named == negotiation.ALL
        for version in (
            SUPPORTED_VERSIONS if several else [ApiVersion.parse(named) if named else None]
        ):
            for requirement in requirements().values():
                there = requirement.need is None or requirement.need in self._provided
                if there and (version is None or requirement.holds_at(version)):
                    yield RequirementCase(requirement, version, alone=not several)

    def expect(self, cases: Iterable[RequirementCase]) -> None:
        """Record which cases will be tested."""
        self._expected = tuple(cases)

    def why_not(self, case: RequirementCase) -> str:
        """Return why *case* cannot be tested; empty if it can.

        Raises:
            TargetError: If the server cannot be reached.
        """
        version = self._version(case)
        if version not in self._begun().plan.versions:
            return f"the server does not offer API {version}"
        if not case.requirement.holds_at(version):
            return f"no requirement of API {version}, but {case.requirement.scope}"
        return ""

    def result(self, case: RequirementCase) -> RecordedResult:
        """Return the result, with the baseline applied.

        Raises:
            TargetError: If the server cannot be checked.
        """
        requirement = case.requirement
        run = self._begun().run(requirement, self._version(case))
        made = record_of(Session([run]), self.setup)
        before = self._found.get(requirement.id)
        if before:
            made = replace(made, results=before.results + made.results)
        self._found[requirement.id] = self._held(made, requirement)
        self._asked.add(case)
        return self._found[requirement.id].results[-1]

    def problem(self, case: RequirementCase) -> str:
        """Return what the baseline says wrongly about the requirement; empty if nothing.

        The last test of the requirement reports it: the requirement may be met at one API version
        and not at another.
        """
        held = self._found[case.requirement.id].baseline
        awaited = any(
            each.requirement == case.requirement and not self.why_not(each)
            for each in self._expected
            if each not in self._asked
        )
        return " ".join(held.problems) if held and not awaited else ""

    def told(self, case: RequirementCase) -> str:
        """Return the finding as in the terminal report.

        The first line is the one for pytest's summary.
        """
        made = self._found[case.requirement.id]
        result = made.results[-1]
        lines = in_full(made, Finding((result,)))
        return "\n".join([phrases.describe_result(result), "", *(line.plain for line in lines)])

    def close(self) -> None:
        """Delete the planted images."""
        if self._steps:
            self._steps.close()

    def _held(self, made: Record, requirement: Requirement) -> Record:
        entries = tuple(entry for entry in self.baseline.entries if entry.id == requirement.id)
        today = dt.datetime.now(dt.UTC).date()
        return baselines.apply(replace(self.baseline, entries=entries), made, today)

    def _version(self, case: RequirementCase) -> ApiVersion:
        return case.version or self._begun().plan.versions[0]

    def _begun(self) -> IncrementalRun:
        """Return the run; contact the server on the first call only."""
        if self._trouble:
            raise self._trouble
        if self._steps is None:
            try:
                self._steps = self._begin()
            except MusterError as error:
                self._trouble = error
                raise
        return self._steps

    def _begin(self) -> IncrementalRun:
        plan = self.setup.plan(
            self.asked,
            tuple(requirements().values()),
            seed=self.seed,
            strict=self.strict,
            options=Options(plant=self.setup.plants.plant),
        )
        return IncrementalRun(plan, self.setup)


def _tell(text: str) -> None:
    sys.stderr.write(f"muster: {text}\n")
