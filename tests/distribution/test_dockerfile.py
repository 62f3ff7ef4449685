"""The Dockerfile. No image is built: that would need a registry."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.missing import missing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECONDS = 240


def test_hadolint_finds_nothing_against_it(tmp_path: Path) -> None:
    install = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--requirement", HERE / "hadolint.txt", "--target", tmp_path),
    ]
    installed = subprocess.run(
        install, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if installed.returncode:
        reason = next(iter(installed.stderr.splitlines()), installed.returncode)
        missing(f"hadolint cannot be installed: {reason}")
    done = subprocess.run(
        [tmp_path / "bin" / "hadolint", "--strict-labels", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout


def test_its_base_has_a_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:\d+\.\d+-slim-\w+", base) for base in bases)


def test_it_does_not_run_as_root() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    users = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    assert users == ["65534:65534"]


def test_all_that_the_distribution_is_built_from_is_sent_to_the_builder() -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert allowed == {"LICENSE", "README.md", "pyproject.toml", "conformance", "openapi", "server"}
    assert all((ROOT / name).exists() for name in allowed)
