from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.missing import REQUIRE, missing, require_program

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.support.missing import MissingPrograms

def pytest_configure(config):
    config.pluginmanager.register(MissingPrograms())
"""
COVERED_IN_PART = """
def used():
    return 1

def unused():
    return 2
"""
TESTS = """
import covered, pytest
from tests.support.missing import require_program

def test_used():
    assert covered.used() == 1

@pytest.mark.parametrize("number", [1, 2])
def test_unused(number):
    {skip}
    assert covered.unused() == 2
"""


def run(folder: Path, skip: str, *options: str) -> tuple[int, str]:
    """Run tests that cover all of a module, if none is skipped; return the status and the output.

    Args:
        folder: an empty one.
        skip: the line of two tests that may skip them.
        options: for pytest.
    """
    for name, text in (
        ("conftest.py", CONFTEST),
        ("covered.py", COVERED_IN_PART),
        ("test_covered.py", TESTS.format(skip=skip)),
        ("pytest.ini", "[pytest]\naddopts = -p pytest_cov -p xdist -p no:cacheprovider\n"),
    ):
        (folder / name).write_text(text)
    gate = ("--cov=covered", "--cov-fail-under=100")
    environment = {name: value for name, value in os.environ.items() if name != REQUIRE}
    # The other plugins of this environment take seconds to load.
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": f"{ROOT}:{folder}"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *gate, *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_without_a_program_passes_and_reports_skipped_tests(
    tmp_path: Path, workers: str
) -> None:
    status, out = run(tmp_path, 'require_program("no-such-program")', "-n", workers)

    assert status == 0, out
    assert "no-such-program is not installed: 2 tests skipped\n" in out
    assert "Full coverage is not required of this run." in out


def test_other_skips_do_not_lower_the_coverage_requirement(tmp_path: Path) -> None:
    status, out = run(tmp_path, 'pytest.skip("today is Sunday")')

    assert status == 1
    assert "FAIL Required test coverage of 100" in out
    assert "missing on this machine" not in out


def test_a_full_run_requires_full_coverage(tmp_path: Path) -> None:
    status, out = run(tmp_path, "")

    assert status == 0, out
    assert "Required test coverage of 100% reached" in out


def test_without_coverage_only_skipped_tests_are_reported(tmp_path: Path) -> None:
    status, out = run(tmp_path, 'require_program("no-such-program")', "--no-cov")

    assert status == 0, out
    assert "no-such-program is not installed: 2 tests skipped\n" in out


def test_a_missing_program_fails_the_test_if_all_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match=f"gone is not installed, and {REQUIRE} is set"):
        require_program("gone")


def test_a_missing_program_otherwise_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="the network is down"):
        missing("the network is down")


def test_a_program_on_the_path_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere:/bin")

    assert require_program("sh") == "/bin/sh"
