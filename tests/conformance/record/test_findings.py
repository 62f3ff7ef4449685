from __future__ import annotations

import dataclasses

import pytest

from muster.record.findings import findings, ranges
from muster.record.record import BaselineEntryRef
from muster.register.verdict import Verdict
from tests.conformance.support.runs import FAILED, PASSED, UNTRIED, at, made, run

VERSIONS = ["1.23", "1.24", "1.25", "1.41", "1.44"]


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        (["1.23"], "1.23"),
        (["1.24", "1.23"], "1.23, 1.24"),
        (["1.23", "1.24", "1.25"], "1.23 to 1.25"),
        (["1.23", "1.25", "1.41", "1.44"], "1.23, 1.25 to 1.44"),
        ([], ""),
    ],
)
def test_consecutive_versions_are_shown_as_a_range(versions: list[str], told: str) -> None:
    assert ranges(versions, VERSIONS) == told


def test_a_finding_lists_the_versions_it_fails_at() -> None:
    record = made(
        run(PASSED, UNTRIED), at("1.24", run(FAILED, UNTRIED)), at("1.25", run(FAILED, UNTRIED))
    )
    (failed,) = findings(record, Verdict.FAIL)
    assert (failed.first.api_version, failed.versions) == ("1.24", "1.24, 1.25")
    (untried,) = findings(record, Verdict.INCONCLUSIVE)
    assert (len(untried.results), untried.versions) == (3, "")


def test_known_findings_are_separated_from_others() -> None:
    record = made(run(FAILED), at("1.24", run(FAILED)))
    first, second = record.results
    results = (dataclasses.replace(first, known=BaselineEntryRef(reason="so")), second)
    record = dataclasses.replace(record, results=results)
    assert [f.versions for f in findings(record, Verdict.FAIL, known=True)] == ["1.23"]
    assert [f.versions for f in findings(record, Verdict.FAIL, known=False)] == ["1.24"]
    assert [f.versions for f in findings(record, Verdict.FAIL)] == [""]


def test_results_with_different_messages_can_be_separated() -> None:
    other = dataclasses.replace(FAILED, message="another")
    record = made(run(FAILED), at("1.24", run(other)))
    assert len(findings(record, Verdict.FAIL)) == 1
    assert [f.versions for f in findings(record, Verdict.FAIL, apart=True)] == ["1.23", "1.24"]
