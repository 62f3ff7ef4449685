from __future__ import annotations

import dataclasses

import pytest

from muster.record.comparison import compare
from muster.register.verdict import Result, Verdict
from tests.conformance.support.runs import (
    BLOCKED,
    FAILED,
    MUST,
    PASSED,
    SEEN,
    SHOULD,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

MET = Result(SHOULD, Verdict.PASS)
HINDERED = dataclasses.replace(BLOCKED, requirement=MUST)
UNSURE = dataclasses.replace(UNTRIED, requirement=MUST)


@pytest.mark.parametrize(
    ("before", "after", "worse", "better", "otherwise"),
    [
        (PASSED, FAILED, 1, 0, 0),
        (UNSURE, FAILED, 1, 0, 0),
        (FAILED, PASSED, 0, 1, 0),
        (FAILED, UNSURE, 0, 0, 1),
        (FAILED, HINDERED, 0, 0, 1),
        (UNSURE, PASSED, 0, 0, 1),
        (MET, WARNED, 1, 0, 0),
        (WARNED, MET, 0, 1, 0),
        (FAILED, FAILED, 0, 0, 0),
    ],
)
def test_changes_are_classified_as_worse_better_or_neither(
    before: Result, after: Result, worse: int, better: int, otherwise: int
) -> None:
    comparison = compare(made(run(before, SEEN)), made(run(after, SEEN)))
    found = len(comparison.worse), len(comparison.better), len(comparison.otherwise)
    assert found == (worse, better, otherwise)
    assert comparison.same == 2 - sum(found)


def test_equal_versions_are_compared() -> None:
    before = made(run(PASSED), at("1.24", run(PASSED)), at("1.25", run(PASSED)))
    after = made(at("1.24", run(FAILED)), at("1.25", run(FAILED)), at("1.44", run(PASSED)))
    comparison = compare(before, after)
    (change,) = comparison.worse
    assert [result.api_version for result in change.after] == ["1.24", "1.25"]
    assert comparison.only_before == {"1.23": ("LIST-MUST",)}
    assert comparison.only_after == {"1.44": ("LIST-MUST",)}


def test_single_version_runs_are_compared_across_versions() -> None:
    comparison = compare(made(run(PASSED, SEEN)), made(at("1.44", run(FAILED))))
    (change,) = comparison.worse
    assert (change.before[0].api_version, change.after[0].api_version) == ("1.23", "1.44")
    assert comparison.only_before == {"1.23": ("LIST-OBSERVED",)}
