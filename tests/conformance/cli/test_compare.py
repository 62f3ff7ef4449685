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


def test_the_status_is_1_if_the_second_run_is_worse(
    muster: Muster, worse: Path, better: Path
) -> None:
    assert muster("compare", worse, worse).status == 0
    assert muster("compare", worse, better).status == 0
    ended = muster("compare", better, worse)
    assert (ended.status, ended.err) == (1, "")
    assert "\nWorse in B:\n  LIST-SHOULD" in ended.out


def test_requirements_failed_by_some_of_several_runs_are_printed(
    muster: Muster, worse: Path, better: Path
) -> None:
    ended = muster("compare", better, better, worse)

    assert ended.status == 1
    assert ended.out.startswith("A: ")
    assert "not met by some run" in ended.out
    assert muster("compare", worse, better, better).status == 0


def test_the_matrix_is_written_as_html_markdown_and_json(
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


def test_other_reports_can_be_made_from_a_matrix(
    muster: Muster, worse: Path, better: Path, tmp_path: Path
) -> None:
    data, page, other = tmp_path / "m.json", tmp_path / "m.html", tmp_path / "n.html"
    muster("compare", worse, better, worse, "--json", data, "--html", page)
    ended = muster("compare", data, "--html", other)

    assert (ended.status, ended.err) == (0, "")
    assert "not met by some run" in ended.out
    assert other.read_text("utf-8") == page.read_text("utf-8")


def test_a_single_record_cannot_be_compared(muster: Muster, worse: Path, tmp_path: Path) -> None:
    ended = muster("compare", worse)
    assert ended.status == 2
    assert "name two records" in ended.err

    (tmp_path / "bytes").write_bytes(b"\xff")
    assert "is not a matrix" in muster("compare", tmp_path / "bytes").err
    assert "cannot be read" in muster("compare", tmp_path / "none").err
    assert muster("compare").status == 2


def test_an_unwritable_report_is_reported(muster: Muster, worse: Path, tmp_path: Path) -> None:
    ended = muster("compare", worse, worse, "--html", tmp_path / "no" / "page")

    assert ended.status == 2
    assert "--html" in ended.err


def test_a_badge_is_written_for_a_run(muster: Muster, worse: Path, tmp_path: Path) -> None:
    svg, shield = tmp_path / "badge.svg", tmp_path / "badge.json"
    ended = muster("report", worse, "--badge", svg, "--shield", shield)

    assert ended.status == 0
    assert svg.read_text("utf-8").startswith("<svg ")
    assert json.loads(shield.read_text("utf-8"))["label"] == "List Images"
