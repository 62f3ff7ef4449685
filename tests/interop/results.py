"""What every sweep finds on real servers, from the records of the suite's runs (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from muster.model.version import ApiVersion
from muster.record.baseline import Baseline
from muster.record.matrix import (
    DEPARTED,
    FORMAT,
    ORDER,
    Build,
    Cell,
    Matrix,
    departs_at,
    rows,
    verdicts_of,
)
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Level, Need, Requirement
from muster.register.verdict import Verdict
from muster.reports import phrases

from .results_pages import WORDS

SERVER = "127.0.0.1:2375"
EXPECTED = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN}
"""What a departure is at the level of its requirement."""


@dataclass(frozen=True)
class Column:
    """A server and the records of every run on it.

    Attributes:
        name: the server, as readers call it.
        records: the record of each run, each at one API version.
        baseline: why it departs where it does.
        how: how it was checked, besides what the records say.
    """

    name: str
    records: Sequence[Record]
    baseline: Baseline
    how: str = ""

    @property
    def identity(self) -> str:
        return self.records[0].identity

    @property
    def versions(self) -> list[str]:
        found = {run.versions[0].api_version for run in self.records}
        return sorted(found, key=ApiVersion.parse)

    def steady(self, text: str) -> str:
        """*text* with ports that stay: the server's and its registry's are others each time."""
        for run in self.records:
            text = text.replace(run.target.rpartition("/")[2], SERVER)
        return re.sub(r"127\.0\.0\.1(:|%3A)\d{5}", r"127.0.0.1\g<1>5000", text)

    def results(self, requirement: str, *, plant: bool = True) -> list[RecordedResult]:
        """Return the results of *requirement*; without *plant*, those of read-only runs."""
        return [
            each
            for run in self.records
            for each in run.results
            if each.requirement == requirement and (plant or not run.options.plant)
        ]


def matrix(columns: Sequence[Column], register: Iterable[Requirement]) -> Matrix:
    """Return what *columns* found, the same in every sweep."""
    requirements = list(register)
    found = [cell(column, requirement) for requirement in requirements for column in columns]
    return Matrix(
        format=FORMAT,
        muster=columns[0].records[0].muster,
        requirements=rows(requirements),
        builds=tuple(map(build, columns)),
        cells=tuple(each for each in found if each is not None),
    )


def build(column: Column) -> Build:
    """Return what is known of a server."""
    engine = column.name.split()[0]
    said = column.identity.rpartition(" ")[2]
    named = column.name.partition(",")[0].rpartition(" ")[2]
    containerd = column.name.endswith("containerd store")
    return Build(
        name=column.name,
        engine=engine,
        version=said or named,
        store=("containerd" if containerd else "graph driver") if engine == "Docker" else "",
        identity=column.identity,
        api_versions=tuple(column.versions),
        runs=_runs(column),
    )


def cell(column: Column, requirement: Requirement) -> Cell | None:
    """Summarize *column* for *requirement*; None if it was not checked."""
    results = column.results(requirement.id)
    if not results:
        return None
    entry = next((each for each in column.baseline.entries if each.id == requirement.id), None)
    sometimes = entry is not None and entry.sometimes
    departed = [each for each in results if each.verdict in DEPARTED]
    if not departed and not sometimes:
        verdicts = {each.verdict for each in results}
        met = next(each for each in ORDER if each in verdicts)
        return Cell(
            requirement=requirement.id,
            build=column.name,
            verdict=met,
            verdicts=verdicts_of(results),
        )
    same = column.results(requirement.id, plant=False)
    shown = next((each for each in same if each.verdict in DEPARTED), None)
    version = shown.api_version if shown else results[0].api_version
    option = (requirement.need or Need.PLANTED).option
    planted = f"--api-version {version} --only {requirement.id} {option}"
    return Cell(
        requirement=requirement.id,
        build=column.name,
        verdict=EXPECTED[requirement.level] if sometimes else departed[0].verdict,
        verdicts=verdicts_of(results),
        departs_at=() if sometimes else departs_at(results),
        sometimes=sometimes,
        finding=column.steady(phrases.describe_result(shown)) if shown else "",
        reproduce=tuple(map(column.steady, shown.reproduce))
        if shown
        else (f"muster check tcp://{SERVER} {planted}",),
        reason=entry.reason if entry else "",
        link=entry.link if entry else "",
    )


def _runs(column: Column) -> str:
    parts = [column.how] if column.how else []
    for plant, words in ((False, "read-only"), (True, "planted")):
        runs = [run for run in column.records if run.options.plant == plant]
        if runs:
            seeds = {run.seed for run in runs}
            several = f", {len(seeds)} seeds" if len(seeds) > 1 else ""
            parts.append(f"{len(runs)} {words}{several}")
    return "; ".join(parts)


def unsaid(page: str, run: Record) -> list[str]:
    """Return the departures of *run* that the *page* of its server does not say."""
    said = _verdicts(page)
    found = []
    for result in run.results:
        cell = said.get(result.requirement)
        if cell is None and result.verdict in DEPARTED:
            found.append(f"{result.requirement} was not checked")
        elif cell and result.verdict in DEPARTED and WORDS[result.verdict] not in cell:
            found.append(f"{result.requirement} {result.verdict}s at {result.api_version}: {cell}")
    return found


def _verdicts(page: str) -> Mapping[str, str]:
    """Return the cells of the table of requirements on a server's page."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    return {row[0].split("`")[1]: row[1] for row in rows if "`" in "".join(row[:1])}
