from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from muster.cli.options.reports import REPORTS
from muster.record.build import dumps
from muster.record.load import read
from muster.reports.terminal import short, terminal
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.sample_records import SCENES
from tests.conformance.support.servers import Answers, Holds, Served, served
from tests.mutants.answers import OldestFirst
from tests.mutants.planted import LosesLabels
from tests.mutants.stand_in import StandIn

QUICK = ("--api-version", "1.23", "--only", "LIST-ORDER", "--only", "LIST-ERROR-STATUS")


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return the record of a run that failed."""
    file = tmp_path / "run.json"
    file.write_text(dumps(SCENES["fails"]), "utf-8")
    return file


# --- report ---------------------------------------------------------------------------------------


def test_every_report_is_made_from_the_record(muster: Muster, run: Path, tmp_path: Path) -> None:
    options = [part for name in REPORTS for part in (f"--{name}", tmp_path / name)]
    ended = muster("report", run, *options)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    for name, (report, _) in REPORTS.items():
        assert (tmp_path / name).read_text("utf-8") == report(SCENES["fails"])


def test_the_text_report_is_the_default(muster: Muster, run: Path) -> None:
    ended = muster("report", run)
    assert (ended.status, ended.out) == (0, terminal(SCENES["fails"]).plain)


def test_the_report_can_be_short(muster: Muster, run: Path) -> None:
    ended = muster("report", run, "--short")
    assert (ended.status, ended.out) == (0, short(SCENES["fails"]).plain)


def test_a_report_can_be_written_to_standard_output(muster: Muster, run: Path) -> None:
    ended = muster("report", run, "--junit", "-")
    assert ended.status == 0
    assert ET.fromstring(ended.out).get("failures") == "1"  # noqa: S314 - our own


def test_only_one_report_can_go_to_standard_output(muster: Muster, run: Path) -> None:
    ended = muster("report", run, "--junit", "-", "--sarif", "-")
    assert (ended.status, ended.out) == (2, "")
    assert "only one report can go to standard output" in ended.err


def test_an_unreadable_record_is_reported(muster: Muster, tmp_path: Path) -> None:
    ended = muster("report", tmp_path / "run.json")
    assert ended.status == 2
    assert "run.json cannot be read: No such file or directory" in ended.err


def test_check_writes_the_same_reports(muster: Muster, tcp: Served, tmp_path: Path) -> None:
    options = [part for name in REPORTS for part in (f"--{name}", tmp_path / name)]
    ended = muster("check", tcp.target, *QUICK, "--json", tmp_path / "run.json", *options)
    assert ended.status == 0
    record = read(tmp_path / "run.json")
    assert terminal(record).plain == ended.out
    for name, (report, _) in REPORTS.items():
        assert (tmp_path / name).read_text("utf-8") == report(record)


def test_a_record_on_standard_output_is_not_mixed_with_other_output(
    muster: Muster, tcp: Served
) -> None:
    ended = muster("check", tcp.target, *QUICK, "--json", "-")
    assert ended.status == 0
    assert json.loads(ended.out)["conforms"] is True
    assert ended.err.startswith("List Images at ")


def test_an_unwritable_report_does_not_prevent_the_others(
    muster: Muster, run: Path, tmp_path: Path
) -> None:
    for name in ("junit", "sarif"):
        (tmp_path / name).symlink_to(tmp_path / "none" / name)
    files = ("--junit", tmp_path / "junit", "--markdown", tmp_path / "md")
    ended = muster("report", run, *files, "--sarif", tmp_path / "sarif")
    assert ended.status == 2
    assert ended.err == (
        f"muster: --junit {tmp_path / 'junit'}: No such file or directory; "
        f"--sarif {tmp_path / 'sarif'}: No such file or directory\n"
    )
    assert (tmp_path / "md").exists()


# --- replay ---------------------------------------------------------------------------------------


class Mending(OldestFirst):
    """Lists in the wrong order until it is mended."""

    mended = False

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return StandIn.ordered(self, images) if self.mended else super().ordered(images)


def test_a_replay_reports_whether_the_requirement_still_fails(
    muster: Muster, tmp_path: Path
) -> None:
    file = tmp_path / "run.json"
    server = Mending()
    with served(server) as there:
        assert muster("check", there.target, *QUICK, "--json", file).status == 1
        still = muster("replay", file, "LIST-ORDER")
        server.mended = True
        mended = muster("replay", file, "LIST-ORDER")
        other = muster("replay", file, "LIST-ERROR-STATUS")
    assert (still.status, still.err) == (1, "")
    first, _, title, *_ = still.out.splitlines()
    assert first == f"STILL FAILS: LIST-ORDER at {there.target}, API 1.23"
    assert title == "FAIL LIST-ORDER (MUST)"
    assert (mended.status, other.status) == (0, 0)
    assert mended.out == f"MET NOW: LIST-ORDER at {there.target}, API 1.23\n"
    assert muster("replay", file, "LIST-ORDER").status == 3


def test_a_replay_can_target_another_server(muster: Muster, tmp_path: Path, tcp: Served) -> None:
    file = tmp_path / "run.json"
    with served(OldestFirst()) as there:
        muster("check", there.target, *QUICK, "--json", file)
    assert muster("replay", file, "LIST-ORDER", tcp.target).status == 0


def test_a_replay_repeats_the_recorded_requests(muster: Muster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    only = ("--only", "LIST-LABEL-VALUE", "--max-examples", "8", "--seed", "5")
    with served(StandIn()) as there:
        muster("check", there.target, "--api-version", "1.23", *only, "--json", file)
        asked = there.seen[2:]
        there.seen.clear()
        assert muster("replay", file, "LIST-LABEL-VALUE").status == 0
        assert there.seen == asked


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NO", "there is no requirement NO: `muster list` shows all ids"),
        ("LIST-EMPTY", "the record has no result for LIST-EMPTY, because it was not checked"),
    ],
)
def test_an_unchecked_requirement_cannot_be_replayed(
    muster: Muster, tmp_path: Path, tcp: Served, name: str, told: str
) -> None:
    file = tmp_path / "run.json"
    muster("check", tcp.target, *QUICK, "--json", file)
    ended = muster("replay", file, name)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err


def test_a_replay_without_a_verdict_is_reported(muster: Muster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    with served(OldestFirst()) as there:
        muster("check", there.target, *QUICK, "--json", file)
    with served(Holds()) as empty:
        ended = muster("replay", file, "LIST-ORDER", empty.target)
    assert ended.status == 3
    assert ended.out.startswith("NOT DECIDED: LIST-ORDER at ")
    assert "\n  " in ended.out


def test_a_replay_reports_a_refused_version(muster: Muster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    with served(OldestFirst()) as there:
        muster("check", there.target, *QUICK, "--json", file)
    with served(Answers(StandIn().error(400, "client version 1.23 is too old"))) as there:
        ended = muster("replay", file, "LIST-ORDER", there.target)
    assert ended.status == 3
    assert ended.err.endswith("does not serve API version 1.23: client version 1.23 is too old\n")


def test_replaying_findings_on_planted_images_needs_plant(muster: Muster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    only = ("--only", "PLANT-LABELS", "--only", "LIST-ORDER")
    with served(LosesLabels()) as there:
        muster("check", there.target, "--api-version", "1.23", "--plant", *only, "--json", file)
        without = muster("replay", file, "PLANT-LABELS")
        planted = muster("replay", file, "PLANT-LABELS", "--plant")
        other = muster("replay", file, "LIST-ORDER")
    assert without.status == 2
    assert "needs fixture images: add --plant" in without.err
    assert planted.status == 1
    assert "\n  $ muster replay RUN.json PLANT-LABELS --plant\n" in planted.out
    assert other.status == 0
    assert "The recorded run had loaded fixture images" in other.out
