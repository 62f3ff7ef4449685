"""A matrix of runs: the verdict on each requirement for each engine build.

`conformance/results/engines.json` holds the one on real engines; `results.schema.json` describes
its members, which have the same names here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from muster.model.version import ApiVersion
from muster.record.findings import ranges
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Level, Requirement
from muster.register.selection import group
from muster.register.verdict import Verdict

FORMAT: Literal[1] = 1
"""Version of the format; it changes if readers have to."""

DEPARTED = (Verdict.FAIL, Verdict.WARN)
ORDER = (*DEPARTED, Verdict.PASS, Verdict.OBSERVE, Verdict.INCONCLUSIVE, Verdict.BLOCKED)
"""Verdicts, the one that counts first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRequirement:
    """A row of the matrix.

    Attributes:
        id: Stable name, e.g. `LIST-LABEL-AND`.
        level: How binding it is.
        group: E.g. `filters`.
        rule: The requirement in one sentence.
        clause: The words that it is based on.
        source: Where these are.
        why: Why it matters; may be empty.
        since: The first API version at which it holds.
        until: The last one; empty for no end.
    """

    id: str
    level: Level
    group: str
    rule: str
    clause: str
    source: str
    why: str = ""
    since: str = "1.23"
    until: str = ""

    def holds_at(self, version: str) -> bool:
        """Whether it applies to *version*."""
        at = ApiVersion.parse(version)
        last = ApiVersion.parse(self.until) if self.until else at
        return ApiVersion.parse(self.since) <= at <= last


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A column of the matrix: one release of an engine with one kind of store.

    Attributes:
        name: Its name for readers; unique.
        engine: The program, e.g. `podman`.
        version: The engine's version, as far as it is known.
        store: `containerd`, `graph driver`, or empty where there is no choice.
        identity: What the server says it is; empty if nothing.
        api_versions: The API versions that were checked, oldest first.
        runs: How it was checked, in words.
    """

    name: str
    engine: str
    version: str = ""
    store: str = ""
    identity: str = ""
    api_versions: tuple[str, ...] = ()
    runs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The verdict on one requirement for one build.

    Attributes:
        requirement: The id of the requirement.
        build: The name of the build.
        verdict: The verdict that counts most, of all runs.
        verdicts: The API versions that were checked, oldest first, by the verdict that counts most
            there; older files lack it.
        departs_at: The API versions at which it departs, if that is not all where it was checked.
        sometimes: Whether it departs with some images or seeds only.
        finding: What the server did, in one sentence; empty if it does not depart.
        reproduce: Command lines that show the departure.
        reason: Why the engine does so; may be empty.
        link: The issue, or the place in the engine's source; may be empty.
    """

    requirement: str
    build: str
    verdict: Verdict
    verdicts: Mapping[Verdict, tuple[str, ...]] = field(default_factory=dict)
    departs_at: tuple[str, ...] = ()
    sometimes: bool = False
    finding: str = ""
    reproduce: tuple[str, ...] = ()
    reason: str = ""
    link: str = ""

    @property
    def departs(self) -> bool:
        """Whether the requirement is not met."""
        return self.verdict in DEPARTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Requirements by builds.

    Attributes:
        format: See FORMAT.
        muster: Version of muster.
        requirements: The rows, in the order of the register.
        builds: The columns.
        cells: The cells that were checked, row by row.
    """

    format: Literal[1]
    muster: str
    requirements: tuple[MatrixRequirement, ...]
    builds: tuple[Build, ...]
    cells: tuple[Cell, ...]

    def row(self, requirement: str) -> dict[str, Cell]:
        """Return the cells of *requirement* by the name of the build."""
        return {cell.build: cell for cell in self.cells if cell.requirement == requirement}

    def scope(self, cell: Cell) -> str:
        """Return where *cell* departs, in words; empty if everywhere."""
        [build] = [each for each in self.builds if each.name == cell.build]
        if cell.sometimes:
            return "sometimes"
        return f"at {ranges(cell.departs_at, build.api_versions)}" if cell.departs_at else ""

    def by_version(self, cell: Cell) -> dict[str, Verdict | None]:
        """Return the verdict at each API version of the build at which the requirement holds.

        Returns:
            None for a version at which it was not checked; nothing if the file has no verdicts.
        """
        [build] = [each for each in self.builds if each.name == cell.build]
        [requirement] = [each for each in self.requirements if each.id == cell.requirement]
        at = {version: each for each, versions in cell.verdicts.items() for version in versions}
        held = filter(requirement.holds_at, build.api_versions)
        return {version: at.get(version) for version in held} if at else {}


def rows(register: Iterable[Requirement]) -> tuple[MatrixRequirement, ...]:
    """Return the rows for the requirements of *register*."""
    return tuple(
        MatrixRequirement(
            id=each.id,
            level=each.level,
            group=group(each),
            rule=each.rule,
            clause=each.clause,
            source=each.source,
            why=each.why,
            since=str(each.since),
            until=str(each.until or ""),
        )
        for each in register
    )


def verdicts_of(results: Sequence[RecordedResult]) -> dict[Verdict, tuple[str, ...]]:
    """Return the API versions of *results*, oldest first, by the verdict that counts most there."""
    at: dict[str, Verdict] = {}
    for result in results:
        verdicts = (result.verdict, at.get(result.api_version, result.verdict))
        at[result.api_version] = min(verdicts, key=ORDER.index)
    versions = sorted(at, key=ApiVersion.parse)
    return {
        verdict: tuple(version for version in versions if at[version] is verdict)
        for verdict in ORDER
        if verdict in at.values()
    }


def departs_at(results: Sequence[RecordedResult]) -> tuple[str, ...]:
    """Return the API versions at which *results* depart, oldest first; none if at all of them."""
    checked = {result.api_version for result in results}
    departed = {result.api_version for result in results if result.verdict in DEPARTED}
    return () if departed == checked else tuple(sorted(departed, key=ApiVersion.parse))


def matrix_of(records: Sequence[Record], register: Iterable[Requirement]) -> Matrix:
    """Return the matrix of *records*, one column each.

    Args:
        records: The records of runs.
        register: The requirements to include; those that no record has a result for are left out.
    """
    names = _names(records)
    checked = {result.requirement for record in records for result in record.results}
    requirements = rows(each for each in register if each.id in checked)
    found = [_cells(name, record) for name, record in zip(names, records, strict=True)]
    return Matrix(
        format=FORMAT,
        muster=records[0].muster,
        requirements=requirements,
        builds=tuple(map(_build, names, records)),
        cells=tuple(
            cells[requirement.id]
            for requirement in requirements
            for cells in found
            if requirement.id in cells
        ),
    )


def _names(records: Sequence[Record]) -> list[str]:
    """Return a name for each record: what the server says it is, numbered if that is not unique."""
    plain = [record.identity or record.target for record in records]
    return [
        f"{name} ({plain[: at + 1].count(name)})" if plain.count(name) > 1 else name
        for at, name in enumerate(plain)
    ]


def _build(name: str, record: Record) -> Build:
    return Build(
        name=name,
        engine=record.server.get("Name", "") or record.target,
        version=record.server.get("Version", ""),
        identity=record.identity,
        api_versions=tuple(version.api_version for version in record.versions),
        runs=f"{record.target}, {record.started}",
    )


def _cells(name: str, record: Record) -> dict[str, Cell]:
    """Return the cells of *record* by the id of the requirement."""
    results: dict[str, list[RecordedResult]] = {}
    for result in record.results:
        results.setdefault(result.requirement, []).append(result)
    return {requirement: _cell(name, each) for requirement, each in results.items()}


def _cell(name: str, results: Sequence[RecordedResult]) -> Cell:
    first = min(results, key=lambda result: ORDER.index(result.verdict))
    departed = first.verdict in DEPARTED
    return Cell(
        requirement=first.requirement,
        build=name,
        verdict=first.verdict,
        verdicts=verdicts_of(results),
        departs_at=departs_at(results) if departed else (),
        finding=first.message if departed else "",
        reproduce=first.reproduce if departed else (),
        reason=first.known.reason if first.known else "",
        link=first.known.link if first.known else "",
    )
