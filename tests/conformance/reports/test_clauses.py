from __future__ import annotations

from dataclasses import replace

from muster.register.verdict import Verdict
from muster.reports.clauses import Gap, Status, clauses
from tests.conformance.support import html_records as pages


def test_the_most_urgent_comes_first_and_the_register_decides_within() -> None:
    assert [
        (s, [c.requirement.id for c in each]) for s, each in clauses(pages.report()).items()
    ] == [
        (Status.FAIL, ["LIST-FAILS"]),
        (Status.WARN, ["LIST-WARNS"]),
        (Status.INCONCLUSIVE, ["LIST-LACKS"]),
        (Status.KNOWN, ["LIST-KNOWN"]),
        (Status.OBSERVE, ["HTTP-SEEN"]),
        (Status.PASS, ["LIST-HOLDS"]),
        (Status.UNCHECKED, ["LIST-LATER"]),
    ]


def test_a_requirement_stands_where_its_worst_version_does() -> None:
    (failed,) = clauses(pages.versions())[Status.FAIL]
    assert failed.at == {"1.24": Status.FAIL, "1.25": Status.PASS}


def test_results_that_differ_are_findings_of_their_own() -> None:
    others = [
        replace(pages.FAILED, api_version="1.25"),
        replace(pages.FAILED, api_version="1.41", message="another"),
        replace(pages.FAILED, api_version="1.42", case="/images/json"),
    ]
    (clause,) = clauses(pages.record(pages.FAILED, *others))[Status.FAIL]
    assert [finding.api_versions for finding in clause.findings] == [
        ("1.24", "1.25"),
        ("1.41",),
        ("1.42",),
    ]


def test_gaps_with_one_reason_are_told_once() -> None:
    gaps = [replace(pages.GAP, api_version=version) for version in ("1.24", "1.25")]
    record = pages.record(unchecked=(*gaps, replace(pages.GAP, why="another")))
    told = next(c for c in clauses(record)[Status.UNCHECKED] if c.requirement is pages.LATER)
    assert told.gaps == (Gap((), "another"), Gap(("1.24", "1.25"), "only with --plant"))


def test_what_is_blocked_comes_before_what_lacks_evidence() -> None:
    blocked = pages.result(pages.HOLDS, Verdict.BLOCKED, "no images could be planted")
    assert list(clauses(pages.record(pages.UNTRIED, blocked)))[:2] == [
        Status.BLOCKED,
        Status.INCONCLUSIVE,
    ]
