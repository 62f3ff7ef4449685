from __future__ import annotations

import dataclasses

import pytest

from muster.record.record import Record
from muster.register.verdict import Result, Verdict
from muster.reports.comparison import render_comparison
from tests.conformance.support import snapshots
from tests.conformance.support.runs import (
    FAILED,
    PASSED,
    SEEN,
    SHOULD,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)
from tests.conformance.support.sample_records import SCENES

MET = Result(SHOULD, Verdict.PASS)
OTHER_SEED = dataclasses.replace(made(at("1.44", run(FAILED, MET, SEEN))), seed=8)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("same", SCENES["fails"], SCENES["fails"]),
        ("engines", made(run(PASSED, WARNED, UNTRIED)), OTHER_SEED),
        ("versions", SCENES["several-versions"], SCENES["refused"]),
        ("mended", SCENES["fails"], SCENES["conforms"]),
    ],
)
def test_a_comparison_matches_its_snapshot(name: str, before: Record, after: Record) -> None:
    text = render_comparison(before, after)
    snapshots.check(f"compare-{name}.txt", text)
    assert max(len(line) for line in text.splitlines()) <= 80
