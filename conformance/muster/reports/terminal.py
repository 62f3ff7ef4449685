"""The report on the terminal: the verdict, then each departure with all it takes to see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster.model.image import printable
from muster.record.findings import Finding, findings, ranges
from muster.record.record import Record, RecordedResult, Unchecked
from muster.register.verdict import Verdict
from muster.reports import phrases
from muster.reports.headline import headline, troubles
from muster.reports.phrases import WIDTH, wrapped

MANY = 3
"""Requirements with the same message; more are only counted."""

TOLD_IN_A_LINE = {
    Verdict.BLOCKED: "Could not be checked:",
    Verdict.INCONCLUSIVE: "Not enough evidence:",
    Verdict.OBSERVE: "Observed, not judged:",
}


def terminal(record: Record) -> str:
    """*record* as text for people, at most 80 columns wide but for commands."""
    return "\n".join(printable(line) for line in _lines(record)) + "\n"


def _lines(record: Record) -> Iterator[str]:
    who = f" ({record.identity})" if record.identity else ""
    yield from wrapped(f"List Images at {record.target}{who}, {_versions(record)}", "")
    yield from wrapped(headline(record), "")
    yield from _counts(record)
    for trouble in troubles(record):
        yield from wrapped(f"Not finished: {trouble}", "")
    yield from _problems(record)
    for verdict in (Verdict.FAIL, Verdict.WARN):
        for finding in findings(record, verdict, known=False):
            yield ""
            yield from in_full(record, finding)
    yield from _known(record)
    for verdict, title in TOLD_IN_A_LINE.items():
        yield from _in_a_line(title, findings(record, verdict, apart=True))
    yield from _not_checked(record)
    yield from _next(record)


def _versions(record: Record) -> str:
    versions = [version.api_version for version in record.versions]
    if len(versions) == 1:
        return f"API {versions[0]}"
    return f"API {ranges(versions, versions)} ({len(versions)} versions)"


def _counts(record: Record) -> list[str]:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in record.summary.items() if count)
    effort = f"{record.requests} requests in {record.seconds:.1f} s, seed {record.seed}"
    parts = [part for part in (counts, effort) if part]
    whole = "; ".join(parts)
    return [whole] if len(whole) <= WIDTH else parts


def _problems(record: Record) -> Iterator[str]:
    if record.baseline is not None and record.baseline.problems:
        yield ""
        yield f"{record.baseline.file} is not right any more:"
        for problem in record.baseline.problems:
            yield from wrapped(problem, "  ")


def in_full(record: Record, finding: Finding) -> Iterator[str]:
    """The lines on one departure: what was asked, what came, what was expected, how to see it."""
    result = finding.first
    yield from wrapped(f"{result.verdict.upper()} {_titled(finding)}", "")
    yield from wrapped(result.rule, "  ")
    for exchange in result.exchanges:
        yield from wrapped(f"Asked: {phrases.describe_request(exchange.request)}", "  ")
        yield from wrapped(
            f"Came: {phrases.describe_response(exchange.response, exchange.error)}", "  "
        )
    yield from wrapped(f"Found: {phrases.describe_result(result)}", "  ")
    yield from _difference(result)
    yield from wrapped(f"Clause: {result.clause} [{result.source}]", "  ")
    yield from (f"  $ {command}" for command in result.reproduce)
    needs = next((r.needs for r in record.requirements if r.id == result.requirement), "")
    if needs:
        yield "  The images were planted for the run only; to have them again:"
        yield f"  $ muster replay RUN.json {result.requirement} {needs}"
    elif result.exchanges and not result.reproduce:
        yield "  Requests are signed, so that curl cannot send them; to ask again:"
        yield f"  $ muster replay RUN.json {result.requirement}"


def _titled(finding: Finding) -> str:
    at = f", at API {finding.versions}" if finding.versions else ""
    return f"{finding.first.requirement} ({finding.first.level}{at})"


def _difference(result: RecordedResult) -> Iterator[str]:
    if result.difference:
        yield "  Expected (-) and came (+):"
        for line in phrases.difference(result, WIDTH - 4):
            yield f"    {line}"


def _known(record: Record) -> Iterator[str]:
    known = findings(record, Verdict.FAIL, Verdict.WARN, known=True)
    if known and record.baseline is not None:
        yield ""
        yield f"Known, as {record.baseline.file} says:"
        for finding in known:
            note = finding.first.known
            reason = f"{note.reason} {note.link}".rstrip() if note else ""
            yield from wrapped(f"{_where(finding)}: {reason}", "  ")


def _in_a_line(title: str, found: Sequence[Finding]) -> Iterator[str]:
    if found:
        yield ""
        yield title
    together: dict[str, list[str]] = {}
    for finding in found:
        together.setdefault(phrases.describe_result(finding.first), []).append(_where(finding))
    for message, names in together.items():
        yield from wrapped(f"{_named(names)}: {message}", "  ")


def _named(names: Sequence[str]) -> str:
    return f"{len(names)} requirements" if len(names) > MANY else ", ".join(names)


def _where(finding: Finding) -> str:
    at = f" at API {finding.versions}" if finding.versions else ""
    return f"{finding.first.requirement}{at}"


def _not_checked(record: Record) -> Iterator[str]:
    reasons = _reasons(record)
    if reasons:
        yield ""
        yield "Not checked:"
        for why, names in reasons.items():
            yield from wrapped(f"{_named(names)}: {why}", "  ")


def _reasons(record: Record) -> dict[str, list[str]]:
    """Requirements without a result at any version, by the reason."""
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


def _next(record: Record) -> Iterator[str]:
    steps: list[str] = []
    departed = [
        finding
        for verdict in (Verdict.FAIL, Verdict.WARN)
        for finding in findings(record, verdict, known=False)
    ]
    if departed:
        name = departed[0].first.requirement
        steps.append(f"`muster explain {name}` says what it stands on, and how it is tried.")
        steps.append(
            "`--json run.json` keeps what was asked and what came; "
            "`muster report run.json --html run.html` makes a page of it."
        )
    if not record.options.plant and any(gap.kind == "planting" for gap in record.unchecked):
        steps.append(
            "`--plant` loads images of the suite's own, checks more on them, and removes them."
        )
    if steps:
        yield ""
        yield "Next:"
        for step in steps:
            yield from wrapped(step, "  ")
