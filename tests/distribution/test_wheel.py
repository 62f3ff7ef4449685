"""The distributions, built from the files that .dockerignore allows, and installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.distribution.test_extras import installed_by

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PACKAGES = {
    "openapi": "muster_openapi",
    "server/musterd": "musterd",
    "conformance/muster": "muster",
}
NO_DATA = {".py", ".pyc", ".md"}
SECONDS = 240


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution and, from that, a wheel; return their folder."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    source.mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            there = ROOT / line[1:]
            copy = shutil.copytree if there.is_dir() else shutil.copy
            copy(there, source / there.name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", source)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> ZipFile:
    return ZipFile(next(built.glob("*.whl")))


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def test_twine_accepts_both_distributions(built: Path) -> None:
    files = sorted(built.iterdir())
    assert [file.name.partition("0.1.0")[2] for file in files] == ["-py3-none-any.whl", ".tar.gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *files)


def test_the_wheel_contains_nothing_unexpected(built: Path) -> None:
    configured = ("--config", ROOT / "pyproject.toml")
    run(BIN / "check-wheel-contents", *configured, next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def halves(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Install each half into an empty environment, with the packages of its extra and no others.

    The packages are copied from this environment, so that no index is needed.
    """
    folder = tmp_path_factory.mktemp("halves")
    for half in ("server", "conformance"):
        run(sys.executable, "-m", "venv", "--without-pip", folder / half)
        python = folder / half / "bin" / "python"
        site = Path(
            run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        )
        for name in installed_by(half) - {"passmuster"}:
            for top in {file.parts[0] for file in distribution(name).files or ()} - {
                "..",
                "__pycache__",
            }:
                (site / top).symlink_to(Path(str(distribution(name).locate_file(top))))
        pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "--no-deps", next(built.glob("*.whl")))
    return {half: folder / half / "bin" for half in ("server", "conformance")}


def test_each_half_runs_without_the_packages_of_the_other(halves: dict[str, Path]) -> None:
    shown = run("sh", ROOT / "tools" / "check-sample.sh", halves["server"], halves["conformance"])
    assert "is not installed; run pip install 'passmuster[fuzz]'" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("half", "command", "status"),
    [("server", "muster check tcp://h", 4), ("conformance", "musterd serve --sample", 1)],
)
def test_the_command_of_the_missing_half_names_its_extra(
    halves: dict[str, Path], half: str, command: str, status: int
) -> None:
    name, *options = command.split()
    done = subprocess.run(
        [halves[half] / name, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == status
    (other,) = {"server", "conformance"} - {half}
    assert re.fullmatch(
        rf"{name}: the Python package [a-z]+ is not installed; "
        rf"run pip install 'passmuster\[{other}\]'\n",
        done.stderr,
    )


@pytest.mark.parametrize("folder", PACKAGES)
def test_the_wheel_contains_every_module_and_data_file(wheel: ZipFile, folder: str) -> None:
    package, there = PACKAGES[folder], ROOT / folder
    files = {
        f"{package}/{path.relative_to(there)}"
        for path in there.rglob("*")
        if path.is_file() and path.suffix not in NO_DATA - {".py"}
    }
    overlays = {name for name in files if name.startswith("muster_openapi/overlays/")}
    assert files - overlays <= set(wheel.namelist())


def test_the_wheel_declares_the_commands_and_plugins(wheel: ZipFile) -> None:
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
