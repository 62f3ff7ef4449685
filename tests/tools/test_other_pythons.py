"""What checks the wheel on other Pythons; the gate runs it with the real ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tools import other_pythons as tool
from tools.engines.errors import FetchError

ROOT = Path(__file__).parents[2]


def unpacked(root: Path) -> Path:
    """Return a Python like one from a package, whose loader prints its arguments."""
    loader = root / "lib64" / "ld-linux-x86-64.so.2"
    settings = root / "usr" / "lib" / "python3.99" / "_sysconfigdata__linux.py"
    for file in (loader, settings):
        file.parent.mkdir(parents=True)
    loader.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    loader.chmod(0o755)
    settings.write_text("x = {'WHEEL_PKG_DIR': '/usr/share/python-wheels/'}\n")
    return settings


def test_a_python_runs_with_the_loader_and_the_libraries_of_its_release(tmp_path: Path) -> None:
    unpacked(tmp_path)
    tool.adapt(tmp_path, "python3.99")
    link = tmp_path / "link"
    link.symlink_to("python3.99")

    told = subprocess.run([link, "-c", "a b"], capture_output=True, text=True, check=True).stdout

    assert told.splitlines() == [
        "--argv0",
        # By it a virtual environment knows that it is one.
        str(link),
        "--library-path",
        f"{tmp_path}/usr/lib/x86_64-linux-gnu",
        f"{tmp_path}/usr/bin/python3.99",
        "-c",
        "a b",
    ]


def test_its_environments_get_the_pip_of_its_release(tmp_path: Path) -> None:
    settings = unpacked(tmp_path)
    tool.adapt(tmp_path, "python3.99")

    assert f"'{tmp_path}/usr/share/python-wheels/'" in settings.read_text()


def test_a_fetched_document_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr(tool, "Apt", None)
    there = tmp_path / "3.14" / "python3.14"
    there.parent.mkdir()
    there.touch()

    assert tool.fetch("3.14") == there


class Steps:
    """The steps of the tool, which fail where they are told to."""

    def __init__(self, missing: str = "", broken: str = "") -> None:
        self.missing, self.broken = missing, broken
        self.done: list[str] = []

    def fetch(self, version: str) -> Path:
        if version == self.missing:
            raise FetchError(f"Debian x has no package python{version}")
        return Path(version)

    def check(self, program: Path, wheel: Path) -> None:
        self.done.append(f"check {program} {wheel}")
        if str(program) == self.broken:
            raise subprocess.CalledProcessError(1, "check-distribution.sh")

    def test(self, program: Path) -> None:
        self.done.append(f"test {program}")

    def run(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
        monkeypatch.setattr(tool, "build", lambda _: "wheel")
        for name in ("fetch", "check", "test"):
            monkeypatch.setattr(tool, name, getattr(self, name))
        return tool.main(arguments)


def test_each_version_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps()

    assert steps.run(monkeypatch) == 0
    assert steps.done == ["check 3.13 wheel", "check 3.14 wheel"]


def test_tests_run_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps()

    assert steps.run(monkeypatch, "--tests", "--only", "3.14") == 0
    assert steps.done == ["check 3.14 wheel", "test 3.14"]


def test_one_that_debian_lacks_is_named_and_the_others_are_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = Steps(missing="3.13")

    assert steps.run(monkeypatch) == tool.NOT_FETCHED
    assert steps.done == ["check 3.14 wheel"]
    told = "Python 3.13: nothing was tested, Debian x has no package python3.13\n"
    assert capsys.readouterr().out.startswith(told)


def test_a_failure_counts_more_than_one_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Steps(missing="3.13", broken="3.14").run(monkeypatch) == tool.FAILED


def test_the_workflow_has_the_same_versions_and_more() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    matrix = workflow["jobs"]["install"]["strategy"]["matrix"]["python"]

    assert set(tool.SUITES) < set(matrix)


def test_the_tests_that_run_there_exist() -> None:
    assert [each for each in tool.TESTS if not (ROOT / each).is_dir()] == []
