"""The runners in Go and TypeScript: small, and their example servers meet every vector."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from muster.vectors import build
from tests.support.missing import missing, require_program

FOLDER = Path(build.__file__).parents[2] / "vectors"
SECONDS = 300


def copied(tmp_path: Path) -> Path:
    """Copy the vectors, since the tools write into the source directory."""
    return Path(
        shutil.copytree(
            FOLDER, tmp_path / "vectors", ignore=shutil.ignore_patterns("build", "node_modules")
        )
    )


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.parametrize("runner", ["go/runner.go", "typescript/runner.ts"])
def test_a_runner_has_fewer_than_150_lines(runner: str) -> None:
    assert len((FOLDER / runner).read_text("utf-8").splitlines()) < 150


def test_the_go_example_meets_every_vector(tmp_path: Path) -> None:
    go = require_program("go")
    folder = copied(tmp_path) / "go"

    assert run(folder, go, "vet", "./...").returncode == 0
    done = run(folder, go, "test", "-v", "./...")

    assert done.returncode == 0, done.stdout
    [asked] = re.findall(r"asked (\d+) times", done.stdout)
    assert int(asked) > 10_000


def test_the_typescript_example_meets_every_vector(tmp_path: Path) -> None:
    npm = require_program("npm")
    folder = copied(tmp_path) / "typescript"
    installed = run(folder, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if installed.returncode:
        missing(f"npm cannot install typescript: {installed.stderr.splitlines()[:1]}")
    done = run(folder, npm, "test")

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"^ok \d+ - ([a-z-]+\.json)", done.stdout, re.MULTILINE)
    assert {*passed} == {f"{topic}.json" for topic in build.TOPICS if topic != "platforms"}
