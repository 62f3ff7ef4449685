"""The verdict on a whole run, in a sentence."""

from __future__ import annotations

from muster.record.findings import findings
from muster.record.outcome import UNDECIDED, counts
from muster.record.record import Record
from muster.register.verdict import Verdict


def headline(record: Record) -> str:
    """The verdict on *record*."""
    departed = {result.requirement for result in record.of(Verdict.FAIL, Verdict.WARN)}
    met = {result.requirement for result in record.of(Verdict.PASS)} - departed
    fault = _fault(record)
    if fault:
        return fault
    if troubles(record):
        return f"NOT FINISHED: {_counted(len(met))} met so far, none failed."
    if all(result.verdict in UNDECIDED for result in record.results):
        return "NOT CHECKED: nothing could be decided; what is missing stands below."
    known = findings(record, Verdict.FAIL, known=True)
    if known:
        return f"NO NEW FAILURE: {_counted(len(met))} met, {len(known)} known not to be."
    return f"CONFORMS: {_counted(len(met))} met, none failed."


def _fault(record: Record) -> str:
    """What keeps the run from passing, other than trouble; empty if nothing does."""
    failed = findings(record, Verdict.FAIL, known=False)
    if failed:
        checked = {result.requirement for result in record.results}
        where = " at one API version or more" if len(record.versions) > 1 else ""
        return f"DOES NOT CONFORM: {len(failed)} of {_counted(len(checked))} not met{where}."
    if any(counts(result, strict=record.strict) for result in record.results):
        return "DOES NOT CONFORM: with --strict, warnings count as failures."
    if record.baseline is not None and record.baseline.problems:
        return "BASELINE OUT OF DATE: no other failure was found, but what it says is not so."
    return ""


def troubles(record: Record) -> list[str]:
    """What kept the run from being made to its end, in a sentence each."""
    if len(record.versions) == 1:
        return [
            trouble
            for trouble in [record.aborted_because or record.versions[0].aborted_because]
            if trouble
        ]
    return [
        f"API {version.api_version}: {version.aborted_because}"
        for version in record.versions
        if version.aborted_because
    ]


def _counted(count: int) -> str:
    return f"{count} requirement" + ("" if count == 1 else "s")
