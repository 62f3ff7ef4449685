"""docs/results.md: what the suite finds on real servers, from the records of its runs (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from muster.baseline import Baseline, Entry
from muster.register import Level, Requirement
from muster.reports.recorded import Record, RecordedResult
from muster.verdict import Verdict
from muster.version import ApiVersion

PAGE = Path(__file__).parents[2] / "docs" / "results.md"

INTRODUCTION = """\
# Results on real servers

What `muster check` finds on servers that this repository's tests start, or whose recorded answers
they replay. `make results` writes this page from the records of the runs, and CI fails if it is not
what they give. *met*: no run departed. *fails* and *warns* say at which API versions, if it is not
at all that were checked; behind the link stand the reproduction, and what is known of it.
"""


@dataclass(frozen=True)
class Column:
    """A server and the records of every run on it.

    Attributes:
        name: the server, as readers call it.
        runs: how it was checked, in words.
        records: the record of each run.
        baseline: why it departs where it does.
    """

    name: str
    runs: str
    records: Sequence[Record]
    baseline: Baseline

    def results(self, requirement: str) -> list[RecordedResult]:
        return [
            each for run in self.records for each in run.results if each.requirement == requirement
        ]

    def departures(self, requirement: str, verdict: Verdict) -> list[RecordedResult]:
        return [each for each in self.results(requirement) if each.verdict is verdict]

    def entry(self, result: RecordedResult) -> Entry | None:
        """What the baseline says of *result*."""
        return next((each for each in self.baseline.entries if each.covers(result)), None)


def page(columns: Sequence[Column], register: Iterable[Requirement]) -> str:
    """The whole page."""
    requirements = list(register)
    lines = [INTRODUCTION, *_servers(columns), "", *_table(columns, requirements)]
    for column in columns:
        lines += _details(column, requirements)
    return "\n".join(lines) + "\n"


def _servers(columns: Sequence[Column]) -> Iterator[str]:
    yield "| Server | API versions | Checked | MUST not met | SHOULD not met |"
    yield "|---|---|---|---|---|"
    for column in columns:
        counts = [str(len(_departing(column, verdict))) for verdict in (Verdict.FAIL, Verdict.WARN)]
        versions = _span(_versions(run.results for run in column.records))
        yield f"| {column.name} | {versions} | {column.runs} | {' | '.join(counts)} |"


def _departing(column: Column, verdict: Verdict) -> set[str]:
    return {
        each.requirement
        for run in column.records
        for each in run.results
        if each.verdict is verdict
    }


def _table(columns: Sequence[Column], requirements: Sequence[Requirement]) -> Iterator[str]:
    yield f"| Requirement | {' | '.join(column.name for column in columns)} |"
    yield "|---|" + "---|" * len(columns)
    for requirement in requirements:
        cells = [_cell(column, requirement) for column in columns]
        if any(cells):
            level = "" if requirement.level is Level.MUST else f" ({requirement.level})"
            yield f"| `{requirement.id}`{level} | {' | '.join(cells)} |"


def _cell(column: Column, requirement: Requirement) -> str:
    for verdict, word in ((Verdict.FAIL, "**fails**"), (Verdict.WARN, "warns")):
        departed = column.departures(requirement.id, verdict)
        if departed:
            everywhere = _versions([column.results(requirement.id)])
            where = _versions([departed])
            scope = "" if where == everywhere else f" at {_span(where)}"
            return f"[{word}](#{_anchor(column, requirement.id)}){scope}"
    verdicts = {each.verdict for each in column.results(requirement.id)}
    if Verdict.PASS in verdicts:
        return "met"
    if Verdict.OBSERVE in verdicts:
        return "observed"
    return "no evidence" if verdicts else ""


def _details(column: Column, requirements: Sequence[Requirement]) -> Iterator[str]:
    for requirement in requirements:
        for verdict in (Verdict.FAIL, Verdict.WARN):
            departed = column.departures(requirement.id, verdict)
            if departed:
                yield from _detail(column, requirement, departed)


def _detail(
    column: Column, requirement: Requirement, departed: Sequence[RecordedResult]
) -> Iterator[str]:
    shown = departed[0]
    entry = column.entry(shown)
    yield ""
    yield f"### {column.name}: {requirement.id}"
    yield ""
    yield f"{requirement.rule}"
    yield ""
    yield f"Found: {_steady(shown.message)}"
    if entry:
        link = f" ({entry.link})" if entry.link else ""
        yield ""
        yield f"Known: {entry.reason}{link}"
    yield ""
    yield "```sh"
    yield from (_steady(line) for line in shown.reproduce)
    yield "```"


def _anchor(column: Column, requirement: str) -> str:
    """The anchor that GitHub gives the heading of a detail."""
    heading = f"{column.name}: {requirement}".lower()
    return re.sub(r"[^a-z0-9 _-]", "", heading).replace(" ", "-")


def _steady(text: str) -> str:
    """*text* without what is another in each run: ports, and names of planted images."""
    text = re.sub(r"127\.0\.0\.1(:|%3A)\d+", r"127.0.0.1\g<1>2375", text)
    return re.sub(r"muster\.test(/|%2F)[0-9a-f]{8}", r"muster.test\g<1>run", text)


def _versions(groups: Iterable[Iterable[RecordedResult]]) -> list[ApiVersion]:
    found = {each.api_version for group in groups for each in group}
    return sorted(map(ApiVersion.parse, found))


def _span(versions: Sequence[ApiVersion]) -> str:
    if len(versions) == 1:
        return str(versions[0])
    return f"{versions[0]} to {versions[-1]}"
