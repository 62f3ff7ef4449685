from __future__ import annotations

import dataclasses

import pytest

from muster.record.outcome import INTERRUPTED, exit_status
from muster.record.record import BaselineEntryRef, Record, RecordedBaseline
from muster.suite.results import Run
from tests.conformance.support.runs import (
    BLOCKED,
    FAILED,
    PASSED,
    SEEN,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

BROKEN = dataclasses.replace(run(PASSED), aborted_because="refused")


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([run(PASSED, SEEN, UNTRIED)], 0),
        ([run(PASSED, WARNED)], 0),
        ([run(SEEN)], 0),
        ([run(PASSED, WARNED, strict=True)], 1),
        ([run(PASSED, FAILED)], 1),
        ([run(UNTRIED, FAILED, BLOCKED)], 1),
        ([run(UNTRIED, BLOCKED)], 3),
        ([run(PASSED, BLOCKED)], 3),
        ([run(UNTRIED, strict=True)], 3),
        ([run()], 3),
        ([run(PASSED), at("1.44", run(UNTRIED))], 0),
        ([run(PASSED), at("1.44", run(FAILED))], 1),
        ([BROKEN, at("1.44", run(FAILED))], 3),
    ],
)
def test_the_exit_status_reflects_the_results(runs: list[Run], status: int) -> None:
    assert made(*runs).exit_status == status


def known(record: Record, *problems: str) -> Record:
    results = tuple(
        dataclasses.replace(r, known=BaselineEntryRef(reason="so")) for r in record.results
    )
    baseline = RecordedBaseline(file="known.toml", problems=problems)
    return dataclasses.replace(record, results=results, baseline=baseline)


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (known(made(run(FAILED))), 0),
        (known(made(run(WARNED, strict=True))), 0),
        (known(made(run(FAILED)), "it is met"), 1),
        (known(made(run(BLOCKED, FAILED))), 3),
        (known(made(BROKEN)), 3),
    ],
)
def test_known_failures_do_not_count_but_blocked_results_do(record: Record, status: int) -> None:
    assert exit_status(record) == status


def test_an_interrupted_run_has_status_130() -> None:
    assert made(run(FAILED), aborted_because=INTERRUPTED).exit_status == 130
