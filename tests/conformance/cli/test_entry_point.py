from __future__ import annotations

import sys

import pytest

from muster.cli import entry_point


def test_the_entry_point_runs_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["muster", "--version"])
    with pytest.raises(SystemExit) as ended:
        entry_point.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("muster, version ")


def test_missing_suite_packages_are_reported_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "muster.cli.main", raising=False)
    monkeypatch.setitem(sys.modules, "cloup", None)
    with pytest.raises(SystemExit) as ended:
        entry_point.main()
    assert ended.value.code == 4
    assert capsys.readouterr().err == (
        "muster: the Python package cloup is not installed; "
        "run pip install 'passmuster[conformance]'\n"
    )
