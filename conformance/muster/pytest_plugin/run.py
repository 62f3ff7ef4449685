"""What the tests of `pytest --muster=TARGET` share: the server, and what was found so far."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version as installed_version
from pathlib import Path

import muster_openapi
from muster.cli.options.connection import ConnectionOptions
from muster.cli.options.planting import PlantingOptions
from muster.errors import MusterError
from muster.model.image import printable
from muster.model.version import ApiVersion
from muster.record import baseline as baselines
from muster.record.baseline import Baseline
from muster.record.build import record
from muster.record.findings import Finding
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Requirement, requirements
from muster.reports import phrases
from muster.reports.terminal import in_full
from muster.suite.incremental import Stepwise
from muster.suite.results import Session
from muster.suite.session import Plan
from muster.transport import negotiation

KNOWN = [ApiVersion.parse(version) for version in muster_openapi.VERSIONS]
NEWEST = ApiVersion.parse(muster_openapi.NEWEST)


@dataclass(frozen=True, slots=True)
class Question:
    """What one test asks.

    Attributes:
        requirement: the rule.
        version: at which API version; None for the one that is negotiated.
        alone: whether there is but one version, so that the name need not tell it.
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
        target: its address, as the user wrote it.
        asked: the API version, `all`, or None for the newest that both sides know.
        seed: fixes every random choice.
        plant: whether to plant images.
        strict: whether warnings are failures.
        baseline: file of the departures that are known.

    Raises:
        UsageError: if something of this makes no sense.
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
        self.connection = ConnectionOptions.of(os.environ)
        self.target = self.connection.target(target, target)
        self.asked = asked
        self.seed = seed
        self.strict = strict
        self.plants = PlantingOptions(plant)
        self._provided = self.plants.provided | self.connection.provided(self.target)
        # What makes no sense is told before the server is asked anything.
        negotiation.choose(asked, self.target, negotiation.Offer(), KNOWN, NEWEST)
        self.baseline = baselines.read(Path(baseline), requirements()) if baseline else Baseline("")
        self._found: dict[str, Record] = {}
        self._expected: tuple[Question, ...] = ()
        self._asked: set[Question] = set()
        self._steps: Stepwise | None = None
        self._trouble: MusterError | None = None

    @property
    def described(self) -> str:
        """What is checked, in a line."""
        version = f"API {self.asked or self.target.version or 'to be negotiated'}"
        plant = "fixture images planted" if self.plants.plant else "read-only"
        return f"{self.target}, {version}, {plant}, seed {self.seed}"

    def questions(self) -> Iterator[Question]:
        """What can be asked, as far as can be told without asking the server."""
        named = self.asked or self.target.version
        several = named == negotiation.ALL
        for version in KNOWN if several else [ApiVersion.parse(named) if named else None]:
            for requirement in requirements().values():
                there = requirement.need is None or requirement.need in self._provided
                if there and (version is None or requirement.holds_at(version)):
                    yield Question(requirement, version, alone=not several)

    def expect(self, questions: Iterable[Question]) -> None:
        """Learn what will be asked."""
        self._expected = tuple(questions)

    def why_not(self, question: Question) -> str:
        """Why *question* cannot be asked; empty if it can.

        Raises:
            TargetError: if the server cannot be reached.
        """
        version = self._version(question)
        if version not in self._begun().plan.versions:
            return f"the server does not offer API {version}"
        if not question.requirement.holds_at(version):
            return f"no requirement of API {version}, but {question.requirement.scope}"
        return ""

    def result(self, question: Question) -> RecordedResult:
        """The result, held against the baseline.

        Raises:
            TargetError: if the server cannot be checked.
        """
        requirement = question.requirement
        run = self._begun().check(requirement, self._version(question))
        made = record(
            Session([run]),
            requirements(),
            installed_version("passmuster"),
            self.connection.redaction(self.target),
            self.connection.reach(self.target),
        )
        before = self._found.get(requirement.id)
        if before:
            made = replace(made, results=before.results + made.results)
        self._found[requirement.id] = self._held(made, requirement)
        self._asked.add(question)
        return self._found[requirement.id].results[-1]

    def problem(self, question: Question) -> str:
        """What the baseline says of the requirement and is not so; empty if nothing.

        It is told with the last of the requirement's tests: at one API version it may be met, and
        not at another.
        """
        held = self._found[question.requirement.id].baseline
        awaited = any(
            each.requirement == question.requirement and not self.why_not(each)
            for each in self._expected
            if each not in self._asked
        )
        return " ".join(held.problems) if held and not awaited else ""

    def told(self, question: Question) -> str:
        """The finding as the terminal report has it; first the line that pytest sums up with."""
        made = self._found[question.requirement.id]
        result = made.results[-1]
        lines = in_full(made, Finding((result,)))
        return "\n".join([phrases.found(result), "", *map(printable, lines)])

    def close(self) -> None:
        """Remove what was planted."""
        if self._steps:
            self._steps.close()

    def _held(self, made: Record, requirement: Requirement) -> Record:
        entries = tuple(entry for entry in self.baseline.entries if entry.id == requirement.id)
        today = dt.datetime.now(dt.UTC).date()
        return baselines.apply(replace(self.baseline, entries=entries), made, today)

    def _version(self, question: Question) -> ApiVersion:
        return question.version or self._begun().plan.versions[0]

    def _begun(self) -> Stepwise:
        """The run; the server is asked what it is, once."""
        if self._trouble:
            raise self._trouble
        if self._steps is None:
            try:
                self._steps = self._begin()
            except MusterError as e:
                self._trouble = e
                raise
        return self._steps

    def _begin(self) -> Stepwise:
        with self.connection.transport(self.target, KNOWN[0]) as transport:
            offer = negotiation.ask(transport, self.target)
        plan = Plan(
            target=self.target,
            versions=negotiation.choose(self.asked, self.target, offer, KNOWN, NEWEST),
            chosen=tuple(requirements().values()),
            seed=self.seed,
            strict=self.strict,
            server=offer.server,
            provided=self._provided,
        )
        return Stepwise(plan, self.connection, self.plants)
