"""`muster compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from muster.record import matrix_file
from muster.record.build import dumps
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.sample_records import SCENES


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def worse(tmp_path: Path) -> Path:
    file = tmp_path / "worse.json"
    file.write_text(dumps(SCENES["fails"]), "utf-8")
    return file


@pytest.fixture
def better(tmp_path: Path) -> Path:
    file = tmp_path / "better.json"
    file.write_text(dumps(SCENES["conforms"]), "utf-8")
    return file


def test_the_status_says_whether_the_second_run_is_worse(
    muster: Muster, worse: Path, better: Path
) -> None:
    assert muster("compare", worse, worse).status == 0
    assert muster("compare", worse, better).status == 0
    ended = muster("compare", better, worse)
    assert (ended.status, ended.err) == (1, "")
    assert "\nWorse in B:\n  LIST-SHOULD" in ended.out


def test_of_more_runs_what_some_do_not_meet_is_printed(
    muster: Muster, worse: Path, better: Path
) -> None:
    ended = muster("compare", better, better, worse)

    assert ended.status == 1
    assert ended.out.startswith("A: ")
    assert "not met by some run" in ended.out
    assert muster("compare", worse, better, better).status == 0


def test_the_matrix_is_written_as_a_page_a_table_and_data(
    muster: Muster, worse: Path, better: Path, tmp_path: Path
) -> None:
    page, data = tmp_path / "m.html", tmp_path / "m.json"
    ended = muster(
        "compare", worse, better, worse, "--html", page, "--json", data, "--markdown", "-"
    )

    assert ended.status == 0
    assert ended.out.startswith("| Requirement | ")
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert len(matrix_file.loads(data.read_bytes()).builds) == 3


def test_a_matrix_makes_the_other_reports(
    muster: Muster, worse: Path, better: Path, tmp_path: Path
) -> None:
    data, page, other = tmp_path / "m.json", tmp_path / "m.html", tmp_path / "n.html"
    muster("compare", worse, better, worse, "--json", data, "--html", page)
    ended = muster("compare", data, "--html", other)

    assert (ended.status, ended.err) == (0, "")
    assert "not met by some run" in ended.out
    assert other.read_text("utf-8") == page.read_text("utf-8")


def test_a_single_record_is_no_comparison(muster: Muster, worse: Path, tmp_path: Path) -> None:
    ended = muster("compare", worse)
    assert ended.status == 2
    assert "name two records" in ended.err

    (tmp_path / "bytes").write_bytes(b"\xff")
    assert "is no matrix" in muster("compare", tmp_path / "bytes").err
    assert "cannot be read" in muster("compare", tmp_path / "none").err
    assert muster("compare").status == 2


def test_a_report_that_cannot_be_written_is_named(
    muster: Muster, worse: Path, tmp_path: Path
) -> None:
    ended = muster("compare", worse, worse, "--html", tmp_path / "no" / "page")

    assert ended.status == 2
    assert "--html" in ended.err


def test_a_run_has_a_badge(muster: Muster, worse: Path, tmp_path: Path) -> None:
    svg, shield = tmp_path / "badge.svg", tmp_path / "badge.json"
    ended = muster("report", worse, "--badge", svg, "--shield", shield)

    assert ended.status == 0
    assert svg.read_text("utf-8").startswith("<svg ")
    assert json.loads(shield.read_text("utf-8"))["label"] == "List Images"
