"""The pages on real servers, from the matrix of results (pure).

docs/results.md is the matrix, and docs/results/ has a page for each server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from muster.record.findings import ranges
from muster.record.matrix import Build, Cell, Matrix, MatrixRequirement
from muster.register.requirements import Level
from muster.register.verdict import Verdict
from muster.reports import badge

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
FOLDER = PAGE.with_suffix("")
DATA = Path(__file__).parents[2] / "conformance" / "results" / "engines.json"

BADGES = DATA.with_name("badges")

INTRODUCTION = """\
# Results on real servers

What `muster check` finds on [real engines](engines.md), on `musterd`, and on recorded answers of
Docker 1.11.2 and 29. `make results` writes these pages from the records of the runs.

The matrix has the requirements that some server does not meet. *fails* is a MUST and *warns* a
SHOULD that is not met; *sometimes* depends on the images or the seed, and *partly* on the API
version. *met* means that no run departed, an empty cell that nothing could be checked. A name leads
to the server's page, a verdict to the command lines that show it and to the reason.

[`conformance/results/engines.json`](../conformance/results/engines.json) has the same as data;
`muster compare conformance/results/engines.json --html matrix.html` makes a page of it.
"""

MET = """\
All other requirements are met by every server that they could be checked on:
"""

ISSUE = re.compile(r"https://github\.com/[^/]+/[^/]+/(?:issues|pull)/(\d+)")
WORDS = {Verdict.FAIL: "**fails**", Verdict.WARN: "warns"}


def file_of(name: str) -> str:
    """Return the name of the page of a server."""
    words = name.lower().removesuffix(" store")
    return f"{re.sub('[^a-z0-9.]+', '-', words)}.md"


def pages(matrix: Matrix) -> dict[Path, str]:
    """Return every page by its place."""
    found = {PAGE: "\n".join([INTRODUCTION, *_servers(matrix), *_matrix(matrix)])}
    for build in matrix.builds:
        found[FOLDER / file_of(build.name)] = "\n".join(_server_page(matrix, build))
    return {place: f"{text}\n" for place, text in found.items()}


def badges(matrix: Matrix) -> dict[Path, str]:
    """Return the badge of every server, as SVG and as JSON for shields.io, by its place."""
    found = {}
    for build in matrix.builds:
        verdicts = {
            cell.requirement: cell.verdict for cell in matrix.cells if cell.build == build.name
        }
        stem = file_of(build.name).removesuffix(".md")
        found[BADGES / f"{stem}.svg"] = badge.svg(build.name, verdicts)
        found[BADGES / f"{stem}.json"] = badge.endpoint(verdicts)
    return found


def _servers(matrix: Matrix) -> Iterator[str]:
    yield "| Server | Says it is | API versions | Runs | MUST not met | SHOULD not met |"
    yield "|---|---|---|---|---|---|"
    for build in matrix.builds:
        counts = map(str, _counts(matrix, build))
        versions = ranges(build.api_versions, build.api_versions)
        name = f"[{build.name}]({FOLDER.name}/{file_of(build.name)})"
        yield f"| {' | '.join((name, build.identity, versions, build.runs, *counts))} |"
    yield ""


def _counts(matrix: Matrix, build: Build) -> tuple[int, int]:
    """Return how many MUSTs and how many SHOULDs are not met."""
    verdicts = [cell.verdict for cell in matrix.cells if cell.build == build.name]
    return verdicts.count(Verdict.FAIL), verdicts.count(Verdict.WARN)


def _matrix(matrix: Matrix) -> Iterator[str]:
    names = [
        f"[{build.name.replace(' ', '<br>')}]({FOLDER.name}/{file_of(build.name)})"
        for build in matrix.builds
    ]
    yield f"| Requirement | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    met = []
    for requirement in matrix.requirements:
        row = matrix.row(requirement.id)
        if not any(cell.departs for cell in row.values()):
            if any(cell.verdict is Verdict.PASS for cell in row.values()):
                met.append(f"`{requirement.id}`")
            continue
        texts = [_short(matrix, row.get(build.name)) for build in matrix.builds]
        yield f"| `{requirement.id}`{_level(requirement)} | {' | '.join(texts)} |"
    yield ""
    yield MET
    yield f"{', '.join(met)}."


def _level(requirement: MatrixRequirement) -> str:
    return "" if requirement.level is Level.MUST else f" ({requirement.level})"


def _short(matrix: Matrix, found: Cell | None) -> str:
    """Return a cell of the matrix."""
    if found is None:
        return ""
    if found.departs:
        place = f"{FOLDER.name}/{file_of(found.build)}#{found.requirement.lower()}"
        scope = matrix.scope(found)
        words = "partly" if scope.startswith("at ") else scope
        return " ".join(part for part in (f"[{WORDS[found.verdict]}]({place})", words) if part)
    return "met" if found.verdict is Verdict.PASS else ""


def _server_page(matrix: Matrix, build: Build) -> Iterator[str]:
    musts, shoulds = _counts(matrix, build)
    versions = ranges(build.api_versions, build.api_versions)
    identity = f"Says it is {build.identity}; " if build.identity else ""
    cells = {cell.requirement: cell for cell in matrix.cells if cell.build == build.name}
    yield f"# {build.name}"
    yield ""
    yield f"{identity}API {versions}; {build.runs}."
    yield f"{musts} MUST and {shoulds} SHOULD are not met. [All servers](../{PAGE.name})."
    for requirement in matrix.requirements:
        if requirement.id in cells and cells[requirement.id].departs:
            yield from _detail(requirement, cells[requirement.id])
    yield ""
    yield "## Every requirement"
    yield ""
    yield "| Requirement | Verdict |"
    yield "|---|---|"
    for requirement in matrix.requirements:
        if requirement.id in cells:
            text = _text(matrix, cells[requirement.id])
            yield f"| `{requirement.id}`{_level(requirement)} | {text} |"


def _text(matrix: Matrix, found: Cell) -> str:
    """Return a verdict on the page of a server."""
    if found.departs:
        link = f"[{WORDS[found.verdict]}](#{found.requirement.lower()})"
        issue = ISSUE.match(found.link)
        public = f"([#{issue[1]}]({issue[0]}))" if issue else ""
        return " ".join(part for part in (link, matrix.scope(found), public) if part)
    return {Verdict.PASS: "met", Verdict.OBSERVE: "observed"}.get(found.verdict, "no evidence")


def _detail(requirement: MatrixRequirement, found: Cell) -> Iterator[str]:
    yield ""
    yield f"## {requirement.id}"
    yield ""
    yield requirement.rule
    if found.reason:
        yield ""
        link = f" ([{_place(found.link)}]({found.link}))" if found.link else ""
        yield f"Why: {found.reason}{link}"
    if found.finding:
        yield ""
        yield f"Finding: {found.finding}"
    yield ""
    yield "```sh"
    yield from found.reproduce
    yield "```"


def _place(link: str) -> str:
    """*link* for people: an issue by its number, a line of source by the file's name."""
    issue = ISSUE.match(link)
    return f"#{issue[1]}" if issue else link.rpartition("/")[2].replace("#L", ", line ")
