"""The report for a pull request: Markdown for GitHub and GitLab."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from muster.model.image import printable, shorten
from muster.record.findings import Finding, findings, ranges
from muster.record.record import BaselineEntryRef, Record
from muster.register.verdict import Verdict
from muster.reports import phrases
from muster.reports.headline import headline, incomplete_reasons

LIMIT = 65_000
"""Characters; GitHub accepts 65,536 in a comment, and a workflow may add its own text."""

MESSAGE_WIDTH = 300
ROOM = 300
"""Characters reserved for the note on parts that did not fit."""

MARKS = re.compile(r"([\\`*_\[\]#|~@])")
BACKTICKS = re.compile("`+")
DIFFERENCE_WIDTH = 200
LISTS = {
    Verdict.BLOCKED: "Could not be checked",
    Verdict.INCONCLUSIVE: "Not enough evidence",
    Verdict.OBSERVE: "Observed, not judged",
}


def markdown(record: Record) -> str:
    """Return *record* as Markdown, cut to LIMIT characters by leaving out the last parts."""
    text = ""
    left_out = 0
    for part in _parts(record):
        if len(text) + len(part) + ROOM > LIMIT:
            left_out += 1
        else:
            text += part
    if left_out:
        text += f"\n{left_out} more parts do not fit in a comment; the record holds them.\n"
    return text


def _parts(record: Record) -> Iterator[str]:
    departures = [
        finding
        for verdict in (Verdict.FAIL, Verdict.WARN)
        for finding in findings(record, verdict, known=False)
    ]
    yield f"## List Images: {escaped(headline(record))}\n"
    yield from (f"\n**Not finished:** {escaped(reason)}\n" for reason in incomplete_reasons(record))
    yield f"\n{_about(record)}\n"
    if record.baseline is not None and record.baseline.problems:
        yield f"\n**{escaped(record.baseline.file)} is out of date:**\n\n"
        yield from (f"- {escaped(problem)}\n" for problem in record.baseline.problems)
    if departures:
        yield "\n| Requirement | Verdict | API | Finding |\n|---|---|---|---|\n"
        yield from (_row(finding, record) for finding in departures)
    yield from (_details(finding) for finding in departures)
    yield from _known(record)
    for verdict, title in LISTS.items():
        yield from _list(title, findings(record, verdict, apart=True))


def _about(record: Record) -> str:
    who = f" ({escaped(record.identity)})" if record.identity else ""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in record.summary.items() if count)
    return (
        f"{code(record.target)}{who}, API {_versions(record)}: {counts or 'nothing was checked'}; "
        f"{record.requests} requests, seed {record.seed}, muster {escaped(record.muster)}."
    )


def _versions(record: Record) -> str:
    versions = [version.api_version for version in record.versions]
    return ranges(versions, versions)


def _row(finding: Finding, record: Record) -> str:
    result = finding.first
    order = [version.api_version for version in record.versions]
    at = ranges([each.api_version for each in finding.results], order)
    found = escaped(shorten(phrases.describe_result(result), MESSAGE_WIDTH))
    return f"| {code(result.requirement)} | {result.verdict.upper()} | {at} | {found} |\n"


def _details(finding: Finding) -> str:
    result = finding.first
    parts = [
        "\n<details>",
        f"<summary><code>{result.requirement}</code>: {escaped(result.rule)}</summary>\n",
        fenced("\n".join(phrases.describe_finding(result))),
    ]
    if result.difference:
        parts.append("Expected (-), got (+):\n")
        parts.append(fenced("\n".join(phrases.difference(result, DIFFERENCE_WIDTH)), "diff"))
    parts.append(f"Clause: {escaped(result.clause)} [{escaped(result.source)}]\n")
    if result.reproduce:
        parts.append(fenced("\n".join(result.reproduce), "sh"))
    return "\n".join([*parts, "</details>\n"])


def _known(record: Record) -> Iterator[str]:
    known = findings(record, Verdict.FAIL, Verdict.WARN, known=True)
    if known and record.baseline is not None:
        lines = []
        for finding in known:
            note = finding.first.known or BaselineEntryRef(reason="")
            link = f" {escaped(note.link)}" if note.link else ""
            lines.append(f"- {_where(finding)}: {escaped(note.reason)}{link}")
        yield _folded(f"Known departures ({record.baseline.file})", lines)


def _list(title: str, found: Sequence[Finding]) -> Iterator[str]:
    if found:
        lines = [
            f"- {_where(finding)}: {escaped(phrases.describe_result(finding.first))}"
            for finding in found
        ]
        yield _folded(title, lines)


def _where(finding: Finding) -> str:
    at = f" at API {finding.versions}" if finding.versions else ""
    return f"{code(finding.first.requirement)}{at}"


def _folded(title: str, lines: Sequence[str]) -> str:
    summary = f"{escaped(title)}: {len(lines)}"
    body = "\n".join(lines)
    return f"\n<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>\n"


def escaped(text: str) -> str:
    """Return *text* on one line, with Markdown, HTML and mentions escaped."""
    line = html.escape(printable(" ".join(text.split())), quote=False)
    # A word joiner after @ keeps GitHub from notifying a user of that name.
    return MARKS.sub(r"\\\1", line).replace("\\@", "@\N{WORD JOINER}")


def code(text: str) -> str:
    """Return *text* as inline code."""
    return f"<code>{escaped(text)}</code>" if MARKS.search(text) else f"`{text}`"


def fenced(text: str, language: str = "") -> str:
    """Return *text* as a block of code, whatever it contains."""
    longest = max((len(run) for run in BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = "\n".join(printable(line) for line in text.split("\n"))
    return f"{fence}{language}\n{body}\n{fence}\n"
