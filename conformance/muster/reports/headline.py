"""The verdict on a whole run, in a sentence."""

from __future__ import annotations

from muster.record.findings import findings
from muster.record.outcome import UNDECIDED, counts
from muster.record.record import Record
from muster.register.verdict import Verdict


def headline(record: Record) -> str:
    """Return the verdict on *record*."""
    return f"{word(record)}: {_sentence(record)}{_selection(record)}"


def word(record: Record) -> str:
    """Return the verdict in capitals, e.g. `CONFORMS`, with which the headline begins."""
    failed = findings(record, Verdict.FAIL, known=False)
    strict = any(counts(result, strict=record.strict) for result in record.results)
    # A run that ended early does not judge the server as a whole, whatever it found.
    if record.aborted_because or (incomplete_reasons(record) and not failed and not strict):
        return "NOT FINISHED"
    if failed or strict:
        return "DOES NOT CONFORM"
    if record.baseline is not None and record.baseline.problems:
        return "BASELINE OUT OF DATE"
    if all(result.verdict in UNDECIDED for result in record.results):
        return "NOT CHECKED"
    return "NO NEW FAILURE" if findings(record, Verdict.FAIL, known=True) else "CONFORMS"


def incomplete_reasons(record: Record) -> list[str]:
    """Return why parts of the run were not finished, one sentence each."""
    if len(record.versions) == 1:
        reason = record.aborted_because or record.versions[0].aborted_because
        return [reason] if reason else []
    return [
        f"API {version.api_version}: {version.aborted_because}"
        for version in record.versions
        if version.aborted_because
    ]


def _sentence(record: Record) -> str:
    departed = {result.requirement for result in record.of(Verdict.FAIL, Verdict.WARN)}
    met = _counted(len({result.requirement for result in record.of(Verdict.PASS)} - departed))
    failed = len(findings(record, Verdict.FAIL, known=False))
    known = len(findings(record, Verdict.FAIL, known=True))
    checked = _counted(len({result.requirement for result in record.results}))
    where = " at one API version or more" if len(record.versions) > 1 else ""
    sentences = {
        "NOT FINISHED": f"{met} met so far, {f'{failed} not met' if failed else 'none failed'}.",
        "DOES NOT CONFORM": f"{failed} of {checked} not met{where}."
        if failed
        else "with --strict, warnings count as failures.",
        "BASELINE OUT OF DATE": "nothing else failed, but entries of the baseline no longer apply.",
        "NOT CHECKED": "nothing could be decided; the report says what is missing.",
        "NO NEW FAILURE": f"{met} met; {known} failed, as the baseline says.",
        "CONFORMS": f"{met} met, none failed.",
    }
    return sentences[word(record)]


def _selection(record: Record) -> str:
    """Return how much of the register was checked, if the user selected a part of it."""
    if not record.options.only and not record.options.skip:
        return ""
    checked = {result.requirement for result in record.results}
    return f" {len(checked)} of {_counted(len(record.requirements))} checked."


def _counted(count: int) -> str:
    return f"{count} requirement" + ("" if count == 1 else "s")
