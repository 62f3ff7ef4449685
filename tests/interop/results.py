"""The pages on real servers, from the records of the suite's runs (pure).

docs/results.md is the matrix, and docs/results/ has a page for each server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
FOLDER = PAGE.with_suffix("")

INTRODUCTION = """\
# Results on real servers

What `muster check` finds on [real engines](engines.md), on `musterd`, and on recorded answers of
Docker 1.11.2 and 29. `make results` writes these pages from the records of the runs.

The matrix has the requirements that some server does not meet. *fails* is a MUST and *warns* a
SHOULD that is not met; *sometimes* depends on the images or the seed, and *partly* on the API
version. *met* means that no run departed, an empty cell that nothing could be checked. A name leads
to the server's page, a verdict to the command lines that show it and to the reason.
"""

MET = """\
All other requirements are met by every server that they could be checked on:
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
    def file(self) -> str:
        """The name of its page."""
        words = self.name.lower().removesuffix(" store")
        return f"{re.sub('[^a-z0-9.]+', '-', words)}.md"

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


def pages(columns: Sequence[Column], register: Iterable[Requirement]) -> dict[Path, str]:
    """Return every page by its place."""
    requirements = list(register)
    found = {
        PAGE: "\n".join(
            [INTRODUCTION, *_servers(columns, requirements), *_matrix(columns, requirements)]
        )
    }
    for column in columns:
        found[FOLDER / column.file] = "\n".join(_server_page(column, requirements))
    return {place: f"{text}\n" for place, text in found.items()}


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


def _servers(columns: Sequence[Column], requirements: Sequence[Requirement]) -> Iterator[str]:
    yield "| Server | Says it is | API versions | Runs | MUST not met | SHOULD not met |"
    yield "|---|---|---|---|---|---|"
    for column in columns:
        counts = map(str, _counts(column, requirements))
        versions = ranges(column.versions, column.versions)
        name = f"[{column.name}]({FOLDER.name}/{column.file})"
        yield f"| {' | '.join((name, column.identity, versions, _runs(column), *counts))} |"
    yield ""


def _counts(column: Column, requirements: Sequence[Requirement]) -> tuple[int, int]:
    """Return how many MUSTs and how many SHOULDs are not met."""
    verdicts = [cell(column, requirement).verdict for requirement in requirements]
    return verdicts.count(Verdict.FAIL), verdicts.count(Verdict.WARN)


def _matrix(columns: Sequence[Column], requirements: Sequence[Requirement]) -> Iterator[str]:
    names = [
        f"[{column.name.replace(' ', '<br>')}]({FOLDER.name}/{column.file})" for column in columns
    ]
    yield f"| Requirement | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(columns)
    met = []
    for requirement in requirements:
        cells = [cell(column, requirement) for column in columns]
        if not any(each.verdict in DEPARTED for each in cells):
            if any(each.verdict is Verdict.PASS for each in cells):
                met.append(f"`{requirement.id}`")
            continue
        texts = [
            _short(column, requirement, each) for column, each in zip(columns, cells, strict=True)
        ]
        yield f"| `{requirement.id}`{_level(requirement)} | {' | '.join(texts)} |"
    yield ""
    yield MET
    yield f"{', '.join(met)}."


def _level(requirement: Requirement) -> str:
    return "" if requirement.level is Level.MUST else f" ({requirement.level})"


def _short(column: Column, requirement: Requirement, found: Cell) -> str:
    """Return a cell of the matrix."""
    if found.verdict in DEPARTED:
        place = f"{FOLDER.name}/{column.file}#{requirement.id.lower()}"
        scope = "partly" if found.scope.startswith("at ") else found.scope
        return " ".join(part for part in (f"[{WORDS[found.verdict]}]({place})", scope) if part)
    return "met" if found.verdict is Verdict.PASS else ""


def _server_page(column: Column, requirements: Sequence[Requirement]) -> Iterator[str]:
    musts, shoulds = _counts(column, requirements)
    versions = ranges(column.versions, column.versions)
    identity = f"Says it is {column.identity}; " if column.identity else ""
    yield f"# {column.name}"
    yield ""
    yield f"{identity}API {versions}; {_runs(column)}."
    yield f"{musts} MUST and {shoulds} SHOULD are not met. [All servers](../{PAGE.name})."
    for requirement in requirements:
        yield from _detail(column, requirement, cell(column, requirement))
    yield ""
    yield "## Every requirement"
    yield ""
    yield "| Requirement | Verdict |"
    yield "|---|---|"
    for requirement in requirements:
        if text := _text(requirement, cell(column, requirement)):
            yield f"| `{requirement.id}`{_level(requirement)} | {text} |"


def _runs(column: Column) -> str:
    parts = [column.how] if column.how else []
    for plant, words in ((False, "read-only"), (True, "planted")):
        runs = [run for run in column.records if run.options.plant == plant]
        if runs:
            seeds = {run.seed for run in runs}
            several = f", {len(seeds)} seeds" if len(seeds) > 1 else ""
            parts.append(f"{len(runs)} {words}{several}")
    return "; ".join(parts)


def _text(requirement: Requirement, found: Cell) -> str:
    """Return a verdict on the page of a server."""
    match found.verdict:
        case Verdict.FAIL | Verdict.WARN as verdict:
            link = f"[{WORDS[verdict]}](#{requirement.id.lower()})"
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
    yield f"## {requirement.id}"
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
