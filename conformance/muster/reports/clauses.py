"""The contract's clauses with their verdicts, each requirement once for all API versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from muster.record.findings import Finding
from muster.record.record import Record, RecordedRequirement, RecordedResult


class Status(StrEnum):
    """The status of a requirement, the most urgent first."""

    FAIL = "fail"
    WARN = "warn"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    KNOWN = "known"
    OBSERVE = "observe"
    PASS = "pass"
    UNCHECKED = "unchecked"


URGENCY = {status: position for position, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a requirement was not checked.

    Attributes:
        versions: The API versions; empty for all that were checked.
        why: The reason, in a sentence.
    """

    versions: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A requirement and all its results.

    Attributes:
        requirement: The rule and the words that it is based on.
        findings: The most urgent first.
        gaps: Where it was not checked.
    """

    requirement: RecordedRequirement
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]

    @property
    def status(self) -> Status:
        """The most urgent status of the findings."""
        return status_of(self.findings[0].first) if self.findings else Status.UNCHECKED

    @property
    def at(self) -> dict[str, Status]:
        """The status at each API version at which it was checked."""
        return {each.api_version: status_of(each) for f in self.findings for each in f.results}


def clauses(record: Record) -> dict[Status, list[Clause]]:
    """Return the register of *record* ordered by status, the most urgent first.

    Within a status the order is that of the register.
    """
    grouped: dict[Status, list[Clause]] = {status: [] for status in Status}
    for requirement in record.requirements:
        clause = Clause(
            requirement,
            _findings(result for result in record.results if result.requirement == requirement.id),
            tuple(_gaps(record, requirement.id)),
        )
        grouped[clause.status].append(clause)
    return {status: each for status, each in grouped.items() if each}


def _findings(results: Iterable[RecordedResult]) -> tuple[Finding, ...]:
    """Group *results* of one requirement; those that say the same become one finding."""
    alike: dict[tuple[object, ...], list[RecordedResult]] = {}
    for result in results:
        key = (result.verdict, result.message, result.case, result.known)
        alike.setdefault(key, []).append(result)
    found = [Finding(tuple(each)) for each in alike.values()]
    return tuple(sorted(found, key=lambda finding: URGENCY[status_of(finding.first)]))


def status_of(result: RecordedResult) -> Status:
    """Return the status of *result*: its verdict, unless a baseline knows it."""
    return Status.KNOWN if result.known else Status(result.verdict)


def _gaps(record: Record, requirement: str) -> Iterator[Gap]:
    there = [gap for gap in record.unchecked if gap.requirement == requirement]
    for why, gaps in groupby(sorted(there, key=lambda gap: gap.why), key=lambda gap: gap.why):
        yield Gap(tuple(gap.api_version for gap in gaps if gap.api_version), why)
