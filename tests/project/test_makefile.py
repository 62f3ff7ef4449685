"""The targets of the Makefile, and the hooks that run the same before a commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import SLOW, TESTS

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
(PHONY,) = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
TARGETS = PHONY.replace("\\\n", " ").split()


def make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_help_describes_each_target() -> None:
    lines = [line.split(maxsplit=1) for line in make("help").splitlines()]
    assert [name for name, purpose in lines if purpose] == TARGETS


def test_help_fits_a_terminal() -> None:
    assert [line for line in make("help").splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "README.md", ".ci/run"])
def test_only_targets_that_exist_are_named(file: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", (ROOT / file).read_text(), re.MULTILINE))
    assert named
    assert named <= set(TARGETS)


def test_the_hooks_match_make_lint() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    (lint,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    commands = lint.replace("$(BIN)", ".venv/bin").replace("\t", "").splitlines()
    assert [hook["entry"] for hook in hooks] == commands


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_the_tests_excluded_from_quick_runs_exist() -> None:
    assert [each for each in SLOW if not (TESTS / each).exists()] == []
