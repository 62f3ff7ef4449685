from __future__ import annotations

import pytest

from muster.register.verdict import Verdict
from muster.suite.results import Run
from tests.conformance.support.runs import FAILED, PASSED, SEEN, UNTRIED, WARNED, run


@pytest.mark.parametrize(
    ("finished", "conforms"),
    [
        (run(PASSED, SEEN, UNTRIED), True),
        (run(PASSED, WARNED), True),
        (run(PASSED, WARNED, strict=True), False),
        (run(UNTRIED, FAILED), False),
    ],
)
def test_a_run_conforms_if_nothing_failed(finished: Run, conforms: bool) -> None:
    assert finished.conforms is conforms


def test_results_are_counted_and_found_by_their_verdict() -> None:
    finished = run(PASSED, WARNED, PASSED, FAILED)
    assert finished.summary[Verdict.PASS] == 2
    assert finished.of(Verdict.WARN) == [WARNED]
