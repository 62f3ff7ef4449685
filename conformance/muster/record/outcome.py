"""The outcome of a run: which departures count, and the exit status."""

from __future__ import annotations

from muster.record.record import Record, RecordedResult
from muster.register.verdict import Verdict
from muster.suite.results import INTERRUPTED

UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.BLOCKED)

CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, AFTER_INTERRUPT = 0, 1, 3, 130


def counts(result: RecordedResult, *, strict: bool) -> bool:
    """Whether *result* prevents a pass: a failure, or with *strict* a warning.

    Departures that the baseline knows do not count.
    """
    departed = result.verdict is Verdict.FAIL or (strict and result.verdict is Verdict.WARN)
    return departed and result.known is None


def exit_status(record: Record) -> int:
    """Return the exit status of `muster check`.

    0: the server conforms, except for departures in the baseline. 1: it does not, or the baseline
    is out of date. 3: the run ended early, or decided nothing. 130: the user interrupted it.
    """
    if record.aborted_because == INTERRUPTED:
        return AFTER_INTERRUPT
    if record.aborted_because or any(version.aborted_because for version in record.versions):
        return NOT_CHECKED
    if any(counts(result, strict=record.strict) for result in record.results):
        return DOES_NOT_CONFORM
    if record.baseline is not None and record.baseline.problems:
        return DOES_NOT_CONFORM
    blocked = bool(record.of(Verdict.BLOCKED))
    undecided = all(result.verdict in UNDECIDED for result in record.results)
    return NOT_CHECKED if blocked or undecided else CONFORMS
