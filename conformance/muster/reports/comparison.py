"""The differences between two runs, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.image import printable
from muster.model.version import ApiVersion
from muster.record.comparison import Change, Comparison, compare
from muster.record.findings import ranges
from muster.record.record import Record
from muster.reports import phrases
from muster.reports.phrases import wrapped


def render_comparison(before: Record, after: Record) -> str:
    """Return the comparison of *before* and *after* as text for people, at most 80 columns wide."""
    comparison = compare(before, after)
    versions = {each.api_version for each in (*before.versions, *after.versions)}
    order = sorted(versions, key=ApiVersion.parse)
    lines = [*_lines(before, after, comparison, order)]
    return "\n".join(printable(line) for line in lines) + "\n"


def _lines(
    before: Record, after: Record, comparison: Comparison, order: list[str]
) -> Iterator[str]:
    for name, record in (("A", before), ("B", after)):
        who = f" ({record.identity})" if record.identity else ""
        checked = ranges([version.api_version for version in record.versions], order)
        about = f"{record.target}{who}, API {checked}, {record.started}"
        yield from wrapped(f"{name}: {about}", "")
    if before.seed != after.seed:
        yield from wrapped(
            f"The seeds are {before.seed} and {after.seed}, so the random requests differ.", ""
        )
    for title, changes in (
        ("Worse in B:", comparison.worse),
        ("Better in B:", comparison.better),
        ("Different, but neither better nor worse:", comparison.otherwise),
    ):
        if changes:
            yield ""
            yield title
            for change in changes:
                yield from _change(change, order)
    for title, only in (
        ("Only in A:", comparison.only_before),
        ("Only in B:", comparison.only_after),
    ):
        if only:
            yield ""
            yield title
            for version, names in only.items():
                yield from wrapped(f"API {version}: {', '.join(names)}", "  ")
    yield ""
    yield from wrapped(_summary(comparison), "")


def _summary(comparison: Comparison) -> str:
    parts = [
        f"{len(comparison.worse)} worse",
        f"{len(comparison.better)} better",
        f"{len(comparison.otherwise)} different",
        f"{comparison.same} unchanged",
    ]
    return ", ".join(parts)


def _change(change: Change, order: list[str]) -> Iterator[str]:
    first, second = change.before[0], change.after[0]
    versions = [result.api_version for result in change.after]
    at = f"API {ranges(versions, order)}"
    if first.api_version != second.api_version:
        at = f"API {first.api_version} and {second.api_version}"
    verdicts = f"{first.verdict} in A, {second.verdict} in B"
    yield from wrapped(f"{first.requirement} ({first.level}, {at}): {verdicts}", "  ")
    telling = second if change.worse or not first.message else first
    yield from wrapped(phrases.describe_result(telling), "    ")
