"""`muster vectors`."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster.vectors import build
from tests.conformance.support.commands import Muster, in_process


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


def test_the_vectors_are_written_to_a_directory(muster: Muster, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    done = muster("vectors", folder)

    assert done.status == 0
    assert done.out == f"15 files are in {folder}\n"
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == build.files()


def test_an_unwritable_directory_is_reported(muster: Muster, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = muster("vectors", tmp_path / "file" / "folder")

    assert done.status == 2
    assert "cannot write" in done.err
