"""The distribution, built from what .dockerignore lets through."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "openapi": "muster_openapi",
    "server/musterd": "musterd",
    "conformance/muster": "muster",
}
NO_DATA = {".py", ".pyc", ".md"}
SECONDS = 240


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            there = ROOT / line[1:]
            copy = shutil.copytree if there.is_dir() else shutil.copy
            copy(there, source / there.name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--disable-pip-version-check", "--wheel-dir", folder, source],
        check=True,
        timeout=SECONDS,
    )
    return ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_module_and_data_file_is_in_it(wheel: ZipFile, folder: str) -> None:
    package, there = PACKAGES[folder], ROOT / folder
    files = {
        f"{package}/{path.relative_to(there)}"
        for path in there.rglob("*")
        if path.is_file() and path.suffix not in NO_DATA - {".py"}
    }
    overlays = {name for name in files if name.startswith("muster_openapi/overlays/")}
    assert files - overlays <= set(wheel.namelist())


def test_it_brings_the_commands_and_the_plugins(wheel: ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    points = ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {
            "muster": "muster.cli.entry_point:main",
            "musterd": "musterd.cli.entry_point:main",
        },
        "pytest11": {"muster": "muster.pytest_plugin.plugin", "musterd": "musterd.pytest_plugin"},
    }
