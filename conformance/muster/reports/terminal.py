"""The report on the terminal: the verdict, then each departure with the steps to reproduce it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from muster.model.image import shorten
from muster.record.findings import Finding, findings, ranges
from muster.record.record import Record, RecordedResult, Unchecked
from muster.register.verdict import Verdict
from muster.reports import phrases
from muster.reports.headline import headline, incomplete_reasons, word
from muster.reports.phrases import WIDTH
from muster.reports.styles import BAD, COMMAND, GOOD, joined, line, paragraph

MANY = 3
"""Requirements to list with the same message; more are only counted."""

LISTS = {
    Verdict.BLOCKED: "Could not be checked:",
    Verdict.INCONCLUSIVE: "Not enough evidence:",
    Verdict.OBSERVE: "Observed, not judged:",
}

SHORT = (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED)


def terminal(record: Record) -> Text:
    """Return *record* as text for people, at most 80 columns wide except for commands."""
    return joined(_lines(record))


def short(record: Record) -> Text:
    """Return *record* with one line of at most 80 columns for each finding."""
    return joined([*_head(record), *_short(record)])


def in_full(record: Record, finding: Finding) -> Iterator[Text]:
    """Yield the lines on one departure: requests, responses, the finding, how to reproduce it."""
    result = finding.first
    verdict = result.verdict.upper()
    yield from paragraph(f"{verdict} {_titled(finding)}", word=verdict)
    yield from paragraph(result.rule, "  ")
    for text in phrases.describe_finding(result):
        yield from paragraph(text, "  ")
    yield from _difference(result)
    yield from paragraph(f"Clause: {result.clause} [{result.source}]", "  ")
    for command in result.reproduce:
        yield line(f"  $ {command}", COMMAND)
    yield from _replay(record, result)


def _lines(record: Record) -> Iterator[Text]:
    departures = findings(record, Verdict.FAIL, Verdict.WARN, known=False)
    yield from _head(record)
    yield from _problems(record)
    for verdict in (Verdict.FAIL, Verdict.WARN):
        for finding in findings(record, verdict, known=False):
            yield line("")
            yield from in_full(record, finding)
    yield from _known(record)
    for verdict, title in LISTS.items():
        yield from _in_a_line(title, findings(record, verdict, apart=True))
    yield from _not_checked(record)
    yield from _next(record, departures)
    if departures:
        yield from _summary(record)


def _head(record: Record) -> Iterator[Text]:
    who = f" ({record.identity})" if record.identity else ""
    yield from paragraph(f"List Images at {record.target}{who}, {_versions(record)}")
    yield from paragraph(headline(record), word=word(record))
    yield from _counts(record)
    for reason in incomplete_reasons(record):
        yield from paragraph(f"Not finished: {reason}")
    for reduced in dict.fromkeys(each.reduced for each in record.versions if each.reduced):
        yield from paragraph(f"Tried less: {reduced}")


def _versions(record: Record) -> str:
    versions = [version.api_version for version in record.versions]
    if len(versions) == 1:
        return f"API {versions[0]}"
    return f"API {ranges(versions, versions)} ({len(versions)} versions)"


def _counts(record: Record) -> list[Text]:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in record.summary.items() if count)
    effort = f"{record.requests} requests in {record.seconds:.1f} s, seed {record.seed}"
    parts = [part for part in (counts, effort) if part]
    whole = "; ".join(parts)
    return [line(each) for each in ([whole] if len(whole) <= WIDTH else parts)]


def _problems(record: Record) -> Iterator[Text]:
    if record.baseline is not None and record.baseline.problems:
        yield line("")
        yield line(f"{record.baseline.file} is out of date:")
        for problem in record.baseline.problems:
            yield from paragraph(problem, "  ")


def _replay(record: Record, result: RecordedResult) -> Iterator[Text]:
    needs = next((r.needs for r in record.requirements if r.id == result.requirement), "")
    if needs:
        yield line("  The images were loaded for this run only; to repeat it:")
        yield line(f"  $ muster replay RUN.json {result.requirement} {needs}", COMMAND)
    elif result.exchanges and not result.reproduce:
        yield line("  curl cannot sign these requests; to repeat them:")
        yield line(f"  $ muster replay RUN.json {result.requirement}", COMMAND)


def _titled(finding: Finding) -> str:
    at = f", at API {finding.versions}" if finding.versions else ""
    return f"{finding.first.requirement} ({finding.first.level}{at})"


def _difference(result: RecordedResult) -> Iterator[Text]:
    if result.difference:
        yield line("  Expected (-), got (+):")
        for each in phrases.difference(result, WIDTH - 4):
            yield line(f"    {each}", {"-": GOOD, "+": BAD}.get(each[:1], ""))


def _known(record: Record) -> Iterator[Text]:
    known = findings(record, Verdict.FAIL, Verdict.WARN, known=True)
    if known and record.baseline is not None:
        yield line("")
        yield line(f"Known departures ({record.baseline.file}):")
        for finding in known:
            yield from paragraph(f"{_where(finding)}: {_reason(finding)}", "  ")


def _reason(finding: Finding) -> str:
    note = finding.first.known
    return f"{note.reason} {note.link}".rstrip() if note else ""


def _in_a_line(title: str, found: Sequence[Finding]) -> Iterator[Text]:
    if found:
        yield line("")
        yield line(title)
    together: dict[str, list[str]] = {}
    for finding in found:
        together.setdefault(phrases.describe_result(finding.first), []).append(_where(finding))
    for message, names in together.items():
        yield from paragraph(f"{_named(names)}: {message}", "  ")


def _named(names: Sequence[str]) -> str:
    return f"{len(names)} requirements" if len(names) > MANY else ", ".join(names)


def _where(finding: Finding) -> str:
    at = f" at API {finding.versions}" if finding.versions else ""
    return f"{finding.first.requirement}{at}"


def _not_checked(record: Record) -> Iterator[Text]:
    reasons = _reasons(record)
    if reasons:
        yield line("")
        yield line("Not checked:")
        for why, names in reasons.items():
            yield from paragraph(f"{_named(names)}: {why}", "  ")


def _reasons(record: Record) -> dict[str, list[str]]:
    """Group the requirements without a result at any version by reason."""
    checked = {result.requirement for result in record.results}
    gaps: dict[str, Unchecked] = {}
    for gap in record.unchecked:
        if gap.requirement not in checked:
            gaps.setdefault(gap.requirement, gap)
    reasons: dict[str, list[str]] = {}
    for gap in gaps.values():
        why = f"not in force at {_versions(record)}" if gap.kind == "version" else gap.why
        reasons.setdefault(why, []).append(gap.requirement)
    return reasons


def _next(record: Record, departures: Sequence[Finding]) -> Iterator[Text]:
    steps: list[str] = []
    if departures:
        name = departures[0].first.requirement
        steps.append(f"`muster explain {name}` shows its source and how it is checked.")
        steps.append(
            "`--json run.json` keeps every request and response; "
            "`muster report run.json --html run.html` makes a page of it."
        )
    if not record.options.plant and any(gap.kind == "planting" for gap in record.unchecked):
        steps.append(
            "`--plant` loads fixture images, runs the checks that need them, and deletes them."
        )
    if steps:
        yield line("")
        yield line("Next:")
        for step in steps:
            yield from paragraph(step, "  ")


def _summary(record: Record) -> Iterator[Text]:
    """Yield the verdict again, with the ids, for readers at the end of a long report."""
    yield line("")
    yield from paragraph(headline(record), word=word(record))
    for verdict in (Verdict.FAIL, Verdict.WARN):
        names = [each.first.requirement for each in findings(record, verdict, known=False)]
        if names:
            name = verdict.upper()
            yield from paragraph(f"{name} {', '.join(dict.fromkeys(names))}", "  ", name)


def _short(record: Record) -> Iterator[Text]:
    for verdict in SHORT:
        for finding in findings(record, verdict, known=False):
            name = verdict.upper()
            text = f"{name} {_where(finding)}: {phrases.describe_result(finding.first)}"
            yield from _one_line(text, name)
    for finding in findings(record, Verdict.FAIL, Verdict.WARN, known=True):
        yield from _one_line(f"KNOWN {_where(finding)}: {_reason(finding)}")
    if record.baseline is not None:
        for problem in record.baseline.problems:
            yield from _one_line(f"{record.baseline.file} is out of date: {problem}")


def _one_line(text: str, word: str = "") -> list[Text]:
    return paragraph(shorten(text, WIDTH), word=word)
