"""Tests in JavaScript that drive Chromium, each as a test of pytest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.missing import missing, require_program

HERE = Path(__file__).parent
RESULT = re.compile(
    r"^(?P<result>ok|not ok) \d+ - (?P<name>.+)\n(?P<more>(?:  .*\n)*)", re.MULTILINE
)
SECONDS = 480


def named_in(file: str) -> list[str]:
    """Return the names of the tests in *file*."""
    return re.findall(r'^test\("([^"]+)"', (HERE / file).read_text(), re.MULTILINE)


def run(file: str, folder: Path, **environment: str) -> Mapping[str, re.Match[str]]:
    """Run all tests of *file* at once, in one browser; return node's result of each."""
    environment["MUSTER_CHROMIUM"] = require_program("chromium")
    for source in (HERE / file, HERE / "package.json", HERE / "package-lock.json"):
        shutil.copy(source, folder)
    _install(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    told = subprocess.run(
        ["node", "--test", "--test-reporter=tap", file],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    # Node indents what is in a file by how deep it stands.
    lines = re.sub(r"^    (?=ok |not ok |  )", "", told.stdout, flags=re.MULTILINE)
    return {match["name"]: match for match in RESULT.finditer(lines)}


def _install(folder: Path, *command: str) -> None:
    try:
        subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except OSError as error:
        missing(f"{command[0]} cannot be run: {error.strerror}")
    except subprocess.CalledProcessError as error:
        reason = next(iter(error.stderr.splitlines()), error.returncode)
        missing(f"{command[0]} cannot install {HERE.name}/package.json: {reason}")
