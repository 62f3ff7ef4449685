from __future__ import annotations

import pytest

from muster.run import Run, exit_status
from muster.verdict import Verdict

from .runs import BLOCKED, FAILED, PASSED, SEEN, UNTRIED, WARNED, run


@pytest.mark.parametrize(
    ("finished", "status"),
    [
        (run(PASSED, SEEN, UNTRIED), 0),
        (run(PASSED, WARNED), 0),
        (run(SEEN), 0),
        (run(PASSED, WARNED, strict=True), 1),
        (run(PASSED, FAILED), 1),
        (run(UNTRIED, FAILED), 1),
        (run(UNTRIED, BLOCKED), 3),
        (run(UNTRIED, strict=True), 3),
    ],
)
def test_a_run_ends_with_the_status_of_what_was_found(finished: Run, status: int) -> None:
    assert finished.exit_status == status
    assert finished.conforms is (status != 1)


def test_results_are_counted_and_found_by_their_verdict() -> None:
    finished = run(PASSED, WARNED, PASSED, FAILED)
    assert finished.summary[Verdict.PASS] == 2
    assert finished.of(Verdict.WARN) == [WARNED]


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([run(PASSED)], 0),
        ([run(PASSED), run(UNTRIED)], 0),
        ([run(UNTRIED), run(BLOCKED)], 3),
        ([run(PASSED), run(FAILED), run(UNTRIED)], 1),
    ],
)
def test_several_runs_end_with_1_if_one_does_and_else_with_the_best(
    runs: list[Run], status: int
) -> None:
    assert exit_status(runs) == status
