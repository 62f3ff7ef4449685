"""The findings of a run, grouped by requirement across API versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from muster.record.record import Record, RecordedResult
from muster.register.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """Results of one requirement that have the same verdict.

    Attributes:
        results: One for each API version, oldest first; at least one.
        versions: These versions in words, e.g. `1.23 to 1.25, 1.44`; empty if they include every
            version at which the requirement was checked.
    """

    results: tuple[RecordedResult, ...]
    versions: str = ""

    @property
    def first(self) -> RecordedResult:
        """The result to show: that of the oldest version."""
        return self.results[0]

    @property
    def api_versions(self) -> tuple[str, ...]:
        """The API versions, in the order of the record."""
        return tuple(result.api_version for result in self.results)


def findings(
    record: Record, *verdicts: Verdict, known: bool | None = None, apart: bool = False
) -> list[Finding]:
    """Group the results with one of *verdicts* by requirement, in the record's order.

    Args:
        record: The run.
        verdicts: Which results to include.
        known: Only results that the baseline knows, or only the others; None for both.
        apart: Whether to separate results of one requirement that have different messages.
    """
    order = [version.api_version for version in record.versions]
    checked: dict[str, list[str]] = {}
    groups: dict[tuple[str, Verdict, str], list[RecordedResult]] = {}
    for result in record.results:
        checked.setdefault(result.requirement, []).append(result.api_version)
        if result.verdict in verdicts and known in {None, result.known is not None}:
            key = (result.requirement, result.verdict, result.message if apart else "")
            groups.setdefault(key, []).append(result)
    return [
        Finding(
            tuple(group),
            ""
            if len(group) == len(checked[name])
            else ranges([result.api_version for result in group], order),
        )
        for (name, _, _), group in groups.items()
    ]


def ranges(versions: Sequence[str], order: Sequence[str]) -> str:
    """Return *versions* in words, joining neighbours in *order*: `1.23 to 1.25, 1.44`."""
    spans: list[list[str]] = []
    for version in sorted(versions, key=order.index):
        if spans and order.index(version) == order.index(spans[-1][-1]) + 1:
            spans[-1].append(version)
        else:
            spans.append([version])
    return ", ".join(_span(span) for span in spans)


def _span(versions: Sequence[str]) -> str:
    if len(versions) == 1:
        return versions[0]
    middle = " to " if len(versions) > 2 else ", "  # noqa: PLR2004 - of two, none is between
    return f"{versions[0]}{middle}{versions[-1]}"
