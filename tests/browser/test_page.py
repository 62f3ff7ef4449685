"""The report as a page, in a real browser; the tests themselves are in `page.test.mjs`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from muster.reports.html import html
from tests.conformance.support import html_records as pages
from tests.support.missing import missing, require_program

HERE = Path(__file__).parent
TESTS = re.findall(r'^test\("([^"]+)"', (HERE / "page.test.mjs").read_text(), re.MULTILINE)
RESULT = re.compile(
    r"^(?P<result>ok|not ok) \d+ - (?P<name>.+)\n(?P<more>(?:  .*\n)*)", re.MULTILINE
)
SECONDS = 240


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, re.Match[str]]:
    """Run all tests at once, in one browser; return node's result of each."""
    browser = require_program("chromium")
    folder = tmp_path_factory.mktemp("browser")
    for source in HERE.glob("pa[cg]*"):
        shutil.copy(source, folder)
    for record in (pages.report, pages.versions, pages.hostile):
        (folder / f"{record.__name__}.html").write_text(html(record()), encoding="utf-8")
    environment = os.environ | {"MUSTER_PAGES": str(folder), "MUSTER_CHROMIUM": browser}
    _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    told = subprocess.run(
        ["node", "--test", "--test-reporter=tap", "page.test.mjs"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    # Node indents what is in a file by how deep it stands.
    lines = re.sub(r"^    (?=ok |not ok |  )", "", told.stdout, flags=re.MULTILINE)
    return {match["name"]: match for match in RESULT.finditer(lines)}


def _run(folder: Path, *command: str) -> None:
    try:
        subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except OSError as error:
        missing(f"{command[0]} cannot be run: {error.strerror}")
    except subprocess.CalledProcessError as error:
        reason = next(iter(error.stderr.splitlines()), error.returncode)
        missing(f"{command[0]} cannot install {HERE.name}/package.json: {reason}")


@pytest.mark.parametrize("name", TESTS)
def test_in_chromium(results: Mapping[str, re.Match[str]], name: str) -> None:
    assert name in results, "it was not run"
    assert results[name]["result"] == "ok", results[name]["more"]
