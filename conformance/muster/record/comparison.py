"""The differences between two runs, or between two servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from muster.record.record import Record, RecordedResult
from muster.register.verdict import Verdict

DEPARTURES = {Verdict.FAIL: 2, Verdict.WARN: 1}
"""Severity of a verdict; other verdicts are not departures."""


@dataclass(frozen=True, slots=True)
class Change:
    """Results of one requirement that differ between two runs.

    Attributes:
        before: Those of the first run.
        after: Those of the second, at the same API versions in the same order.
    """

    before: tuple[RecordedResult, ...]
    after: tuple[RecordedResult, ...]

    @property
    def worse(self) -> bool:
        """Whether the second run departs where the first did not, or departs more severely."""
        return _badness(self.after[0]) > _badness(self.before[0])

    @property
    def better(self) -> bool:
        """Whether the second run meets the requirement or departs less severely."""
        less = _badness(self.after[0]) < _badness(self.before[0])
        return less and self.after[0].verdict not in {Verdict.INCONCLUSIVE, Verdict.BLOCKED}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        worse: Departures that only the second run has.
        better: Departures that only the first run has.
        otherwise: Other changes of verdict, e.g. from inconclusive to pass.
        same: The number of equal results.
        only_before: Requirements by API version with results in the first run only.
        only_after: The same for the second run.
    """

    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    otherwise: tuple[Change, ...]
    same: int
    only_before: Mapping[str, tuple[str, ...]]
    only_after: Mapping[str, tuple[str, ...]]


def compare(before: Record, after: Record) -> Comparison:
    """Return the differences between *before* and *after*.

    Two runs at one API version each are compared even if the versions differ; other runs are
    compared version by version.
    """
    single = len(before.versions) == len(after.versions) == 1
    first, second = _by_key(before, single=single), _by_key(after, single=single)
    shared = [key for key in first if key in second]
    changed: dict[tuple[str, Verdict, Verdict], list[tuple[str, str]]] = {}
    for key in shared:
        verdicts = first[key].verdict, second[key].verdict
        if verdicts[0] is not verdicts[1]:
            changed.setdefault((key[0], *verdicts), []).append(key)
    changes = [
        Change(tuple(first[key] for key in keys), tuple(second[key] for key in keys))
        for keys in changed.values()
    ]
    return Comparison(
        worse=tuple(change for change in changes if change.worse),
        better=tuple(change for change in changes if change.better),
        otherwise=tuple(c for c in changes if not c.worse and not c.better),
        same=sum(first[key].verdict is second[key].verdict for key in shared),
        only_before=_only(first, second),
        only_after=_only(second, first),
    )


def _by_key(record: Record, *, single: bool) -> dict[tuple[str, str], RecordedResult]:
    return {
        (result.requirement, "" if single else result.api_version): result
        for result in record.results
    }


def _only(
    here: Mapping[tuple[str, str], RecordedResult], there: Mapping[tuple[str, str], RecordedResult]
) -> dict[str, tuple[str, ...]]:
    names: dict[str, list[str]] = {}
    for key, result in here.items():
        if key not in there:
            names.setdefault(result.api_version, []).append(result.requirement)
    return {version: tuple(each) for version, each in names.items()}


def _badness(result: RecordedResult) -> int:
    return DEPARTURES.get(result.verdict, 0)
