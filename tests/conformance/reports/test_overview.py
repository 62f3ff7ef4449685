from __future__ import annotations

from muster.reports.clauses import Status, clauses
from muster.reports.overview import Row, by_group, by_version
from tests.conformance.support import html_records as pages


def test_requirements_are_counted_by_group_and_status() -> None:
    counts = by_group(clauses(pages.report()))
    assert list(counts) == ["http", "list"]
    assert counts["http"] == {Status.OBSERVE: 1}
    assert counts["list"] == {
        Status.FAIL: 1,
        Status.WARN: 1,
        Status.INCONCLUSIVE: 1,
        Status.KNOWN: 1,
        Status.PASS: 1,
        Status.UNCHECKED: 1,
    }


def test_checked_requirements_have_a_status_per_version() -> None:
    record = pages.versions()
    assert by_version(record, clauses(record)) == [
        Row("LIST-FAILS", ((Status.FAIL, 1), (Status.PASS, 1))),
        Row("LIST-KNOWN", ((Status.KNOWN, 2),)),
        Row("LIST-HOLDS", ((Status.PASS, 2),)),
        Row("LIST-LATER", ((Status.UNCHECKED, 1), (Status.PASS, 1))),
    ]


def test_a_single_version_has_no_version_table() -> None:
    record = pages.report()
    assert by_version(record, clauses(record)) == []
