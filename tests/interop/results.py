"""docs/results.md: what the suite finds on real servers, from the records of its runs (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from muster.model.version import ApiVersion
from muster.record.baseline import DEPARTED, Baseline, Entry
from muster.record.findings import ranges
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Level, Need, Requirement
from muster.register.verdict import Verdict
from muster.reports import phrases

PAGE = Path(__file__).parents[2] / "docs" / "results.md"

INTRODUCTION = """\
# Results on real servers

What `muster check` finds on servers that this repository's tests start, or whose recorded answers
they replay. `make results` writes this page from the records of the runs. *met*: no run departed.
*fails* (a MUST) and *warns* (a SHOULD) say at which API versions, if not at all that were checked,
and *sometimes* if it depends on the images or the seed. Behind the link stand the command lines
that show it, and why it is so.
"""

SERVER = "127.0.0.1:2375"
ISSUE = re.compile(r"https://github\.com/[^/]+/[^/]+/(?:issues|pull)/(\d+)")
WORDS = {Verdict.FAIL: "**fails**", Verdict.WARN: "warns"}
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


@dataclass(frozen=True)
class Cell:
    """A requirement on a server.

    Attributes:
        verdict: the worst that was found; None if the requirement was not checked.
        scope: where or when it departs; empty for always.
        version: an API version at which it departs; empty if it does not.
        shown: a result that shows it, the same in every sweep; None if only planted images do,
            which have other names each time.
        entry: what the baseline says of it; None if nothing.
    """

    verdict: Verdict | None
    scope: str = ""
    version: str = ""
    shown: RecordedResult | None = None
    entry: Entry | None = None


def cell(column: Column, requirement: Requirement) -> Cell:
    """Summarize *column* for *requirement*, the same in every sweep."""
    results = column.results(requirement.id)
    departed = [each for each in results if each.verdict in DEPARTED]
    entry = next((each for each in column.baseline.entries if each.id == requirement.id), None)
    if results and entry and entry.sometimes:
        verdict, scope = EXPECTED[requirement.level], "sometimes"
    elif departed:
        checked = {each.api_version for each in results}
        where = {each.api_version for each in departed}
        scope = "" if where == checked else f"at {ranges([*where], column.versions)}"
        verdict = departed[0].verdict
    else:
        verdicts = {each.verdict for each in results}
        order = (Verdict.PASS, Verdict.OBSERVE, Verdict.INCONCLUSIVE, Verdict.BLOCKED)
        return Cell(next((each for each in order if each in verdicts), None))
    same = column.results(requirement.id, plant=False)
    shown = next((each for each in same if each.verdict in DEPARTED), None)
    version = shown.api_version if shown else results[0].api_version
    return Cell(verdict, scope, version, shown, entry)


def page(columns: Sequence[Column], register: Iterable[Requirement]) -> str:
    """Return the whole page."""
    requirements = list(register)
    lines = [INTRODUCTION, *_servers(columns, requirements), "", *_table(columns, requirements)]
    for column in columns:
        for requirement in requirements:
            lines += _detail(column, requirement, cell(column, requirement))
    return "\n".join(lines) + "\n"


def unsaid(page: str, server: str, run: Record) -> list[str]:
    """Return the findings of *run*, made on *server*, that *page* does not list."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    header = next(row for row in rows if row[:1] == ["Requirement"])
    column = header.index(server)
    cells = {row[0].split("`")[1]: row[column] for row in rows if "`" in "".join(row[:1])}
    found = []
    for result in run.results:
        cell = cells.get(result.requirement)
        if not cell:
            found.append(f"{result.requirement} was not checked")
        elif result.verdict in DEPARTED and WORDS[result.verdict] not in cell:
            found.append(f"{result.requirement} {result.verdict}s at {result.api_version}: {cell}")
    return found


def _servers(columns: Sequence[Column], requirements: Sequence[Requirement]) -> Iterator[str]:
    yield "| Server | Says it is | API versions | Runs | MUST not met | SHOULD not met |"
    yield "|---|---|---|---|---|---|"
    for column in columns:
        verdicts = [cell(column, requirement).verdict for requirement in requirements]
        counts = [str(verdicts.count(verdict)) for verdict in (Verdict.FAIL, Verdict.WARN)]
        versions = ranges(column.versions, column.versions)
        cells = (column.name, column.identity, versions, _runs(column), *counts)
        yield f"| {' | '.join(cells)} |"


def _runs(column: Column) -> str:
    parts = [column.how] if column.how else []
    for plant, words in ((False, "read-only"), (True, "planted")):
        runs = [run for run in column.records if run.options.plant == plant]
        if runs:
            seeds = {run.seed for run in runs}
            several = f", {len(seeds)} seeds" if len(seeds) > 1 else ""
            parts.append(f"{len(runs)} {words}{several}")
    return "; ".join(parts)


def _table(columns: Sequence[Column], requirements: Sequence[Requirement]) -> Iterator[str]:
    yield f"| Requirement | {' | '.join(column.name for column in columns)} |"
    yield "|---|" + "---|" * len(columns)
    for requirement in requirements:
        texts = [_text(column, requirement, cell(column, requirement)) for column in columns]
        if any(texts):
            level = "" if requirement.level is Level.MUST else f" ({requirement.level})"
            yield f"| `{requirement.id}`{level} | {' | '.join(texts)} |"


def _text(column: Column, requirement: Requirement, found: Cell) -> str:
    match found.verdict:
        case Verdict.FAIL | Verdict.WARN as verdict:
            link = f"[{WORDS[verdict]}](#{_anchor(column, requirement)})"
            issue = ISSUE.match(found.entry.link) if found.entry else None
            public = f"([#{issue[1]}]({issue[0]}))" if issue else ""
            return " ".join(part for part in (link, found.scope, public) if part)
        case Verdict.PASS:
            return "met"
        case Verdict.OBSERVE:
            return "observed"
        case None:
            return ""
        case _:
            return "no evidence"


def _detail(column: Column, requirement: Requirement, found: Cell) -> Iterator[str]:
    if found.verdict not in DEPARTED:
        return
    yield ""
    yield f"### {column.name}: {requirement.id}"
    yield ""
    yield requirement.rule
    if found.entry:
        yield ""
        link = f" ([{_place(found.entry.link)}]({found.entry.link}))" if found.entry.link else ""
        yield f"Why: {found.entry.reason}{link}"
    if found.shown:
        yield ""
        yield f"Finding: {column.steady(phrases.describe_result(found.shown))}"
    yield ""
    yield "```sh"
    if found.shown:
        yield from map(column.steady, found.shown.reproduce)
    else:
        option = (requirement.need or Need.PLANTED).option
        chosen = f"--api-version {found.version} --only {requirement.id} {option}"
        yield f"muster check tcp://{SERVER} {chosen}"
    yield "```"


def _place(link: str) -> str:
    """*link* for people: an issue by its number, a line of source by the file's name."""
    issue = ISSUE.match(link)
    return f"#{issue[1]}" if issue else link.rpartition("/")[2].replace("#L", ", line ")


def _anchor(column: Column, requirement: Requirement) -> str:
    """Return the anchor that GitHub gives the heading of a detail."""
    heading = f"{column.name}: {requirement.id}".lower()
    return re.sub(r"[^a-z0-9 _-]", "", heading).replace(" ", "-")
