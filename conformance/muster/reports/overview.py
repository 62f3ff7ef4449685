"""A run at a glance: groups of requirements by verdict, and requirements by API version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from muster.record.record import Record
from muster.register.selection import group_of
from muster.reports.clauses import Clause, Status


@dataclass(frozen=True, slots=True)
class Row:
    """The statuses of one requirement across versions.

    Attributes:
        requirement: Its id.
        spans: Statuses, each with the number of consecutive API versions that have it.
    """

    requirement: str
    spans: tuple[tuple[Status, int], ...]


def by_group(clauses: Mapping[Status, Sequence[Clause]]) -> dict[str, Counter[Status]]:
    """Count the requirements of each group by their status."""
    counts: dict[str, Counter[Status]] = {}
    for status, each in clauses.items():
        for clause in each:
            counts.setdefault(group_of(clause.requirement.id), Counter())[status] += 1
    return dict(sorted(counts.items()))


def by_version(record: Record, clauses: Mapping[Status, Sequence[Clause]]) -> list[Row]:
    """Return a row for each requirement that was checked, if there are several API versions."""
    order = [version.api_version for version in record.versions]
    if len(order) == 1:
        return []
    return [
        Row(clause.requirement.id, _spans([clause.at.get(v, Status.UNCHECKED) for v in order]))
        for status, each in clauses.items()
        for clause in each
        if status is not Status.UNCHECKED
    ]


def _spans(statuses: Sequence[Status]) -> tuple[tuple[Status, int], ...]:
    return tuple((status, len(list(run))) for status, run in groupby(statuses))
