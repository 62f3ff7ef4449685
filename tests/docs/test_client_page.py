"""The page on tests of clients: its examples are run as users would run them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_pages import PLAIN, blocks
from tests.support.missing import require_program

PAGE = "test-your-client.md"
SECONDS = 300
# pytest loads the plugin by its entry point, as it does for users.
ALONE = {"PYTEST_ADDOPTS": "", "DOCKER_HOST": ""}


def write(folder: Path, *languages: str) -> list[str]:
    """Write the files of the page, and return their names."""
    found = [block for block in blocks(PAGE, *languages) if block.file]
    for block in found:
        (folder / block.file).write_text(block.text)
    return [block.file for block in found]


def test_the_python_examples_pass(tmp_path: Path) -> None:
    files = write(tmp_path, "python", "yaml")
    assert "seed.yaml" in files
    options = ["-W", "error", "-p", "no:cacheprovider", "-n", "0", "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        cwd=tmp_path,
        env=os.environ | ALONE,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "14 passed" in done.stdout


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, as users of `musterd` would, and return its output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | PLAIN | {"GOFLAGS": "-count=1", "GO111MODULE": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.daemon
def test_the_go_example_passes(tmp_path: Path) -> None:
    go = require_program("go")
    assert "musterd_test.go" in write(tmp_path, "go", "yaml")
    assert "ok" in run(tmp_path, go, "test", "musterd_test.go")


@pytest.mark.daemon
def test_the_typescript_example_passes(tmp_path: Path) -> None:
    node = require_program("node")
    write(tmp_path, "typescript", "yaml")
    # The file has no types, so it also runs as JavaScript, as Node.js before 22.18 requires.
    (tmp_path / "musterd.test.ts").rename(tmp_path / "musterd.test.mjs")
    assert "# pass 1" in run(tmp_path, node, "--test", "--test-reporter=tap", "musterd.test.mjs")


@pytest.mark.daemon
def test_the_rust_example_passes(tmp_path: Path) -> None:
    rustc = require_program("rustc")
    write(tmp_path, "rust", "yaml")
    run(tmp_path, rustc, "--edition=2021", "--test", "musterd.rs", "-o", "musterd-test")
    assert "1 passed" in run(tmp_path, str(tmp_path / "musterd-test"))
