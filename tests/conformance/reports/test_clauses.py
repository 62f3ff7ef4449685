from __future__ import annotations

from dataclasses import replace

from muster.register.verdict import Verdict
from muster.reports.clauses import Gap, Status, clauses
from tests.conformance.support import html_records as pages


def test_findings_are_sorted_by_urgency_and_register_order() -> None:
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


def test_a_requirement_is_grouped_by_its_worst_version() -> None:
    (failed,) = clauses(pages.versions())[Status.FAIL]
    assert failed.at == {"1.24": Status.FAIL, "1.25": Status.PASS}


def test_differing_results_are_separate_findings() -> None:
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


def test_unchecked_requirements_with_the_same_reason_are_merged() -> None:
    gaps = [replace(pages.GAP, api_version=version) for version in ("1.24", "1.25")]
    record = pages.record(unchecked=(*gaps, replace(pages.GAP, why="another")))
    told = next(c for c in clauses(record)[Status.UNCHECKED] if c.requirement is pages.LATER)
    assert told.gaps == (Gap((), "another"), Gap(("1.24", "1.25"), "only with --plant"))


def test_blocked_requirements_precede_inconclusive_ones() -> None:
    blocked = pages.result(pages.HOLDS, Verdict.BLOCKED, "no images could be planted")
    assert list(clauses(pages.record(pages.UNTRIED, blocked)))[:2] == [
        Status.BLOCKED,
        Status.INCONCLUSIVE,
    ]
