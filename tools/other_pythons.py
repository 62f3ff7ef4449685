"""Install the wheel and run quick tests on Pythons that Debian has in other releases.

Each is unpacked into build/, with the libraries of its release; nothing is installed.

Usage: python -m tools.other_pythons [--tests] [--only VERSION]

Exit status: 0 all passed; 1 something failed; 3 one could not be fetched, and the others passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.engines.apt import Apt
from tools.engines.errors import FetchError
from tools.engines.fetching import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "python"
SUITES = {"3.13": "trixie", "3.14": "forky"}
"""The releases of Debian that have them; 3.11 is that of bookworm, and none has 3.12."""

FAILED, NOT_FETCHED = 1, 3
TESTS = ("tests/server/listing", "tests/server/images", "tests/conformance/model")
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "openapi", "server", "conformance")
_WHEELS = "/usr/share/python-wheels"
_LAUNCHER = """\
#!/bin/sh
# The C library of another release only works with the loader of that release.
exec '{root}/lib64/ld-linux-x86-64.so.2' --argv0 "$0" \\
  --library-path '{root}/usr/lib/x86_64-linux-gnu' '{root}/usr/bin/{name}' "$@"
"""


def fetch(version: str) -> Path:
    """Fetch a Python, unless it is there; return its program.

    Raises:
        FetchError: If Debian does not offer it, or it cannot be downloaded.
    """
    name, suite, root = f"python{version}", SUITES[version], FOLDER / version
    program = root / name
    if not program.exists():
        shutil.rmtree(root, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="muster-") as downloads:
            apt = Apt(Path(downloads), (suite,))
            apt.update()
            packages = apt.download(name, apt.candidate(name), (f"{name}-venv",))
            root.mkdir(parents=True)
            unpack(packages, root)
        adapt(root, name)
    return program


def adapt(root: Path, name: str) -> None:
    """Make an unpacked Python run where it lies, and find its own pip for `-m venv`."""
    for settings in (root / "usr" / "lib" / name).glob("_sysconfigdata_*.py"):
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace(f"'{_WHEELS}", f"'{root}{_WHEELS}"), encoding="utf-8")
    program = root / name
    program.write_text(_LAUNCHER.format(root=root, name=name), encoding="utf-8")
    program.chmod(0o755)


def _run(*command: str | Path, python: Path | None = None) -> None:
    variables = {"PYTHON": str(python)} if python else {}
    subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=True)  # noqa: S603  # ours


def check(program: Path, wheel: Path) -> None:
    """Install each half from the wheel, and check one with the other.

    Raises:
        subprocess.CalledProcessError: If that fails.
    """
    with tempfile.TemporaryDirectory(prefix="muster-") as folder:
        _run("bash", "tools/check-distribution.sh", folder, wheel, python=program)


def test(program: Path) -> None:
    """Install what the tests need, and run those of the pure parts.

    Raises:
        subprocess.CalledProcessError: If one fails.
    """
    environment = program.with_name("tests")
    _run("make", "--silent", "setup", f"VENV={environment}", f"PYTHON={program}")
    options = ("-m", "pytest", "--quiet", "--no-cov", "-p", "no:cacheprovider")
    _run(environment / "bin" / "python", *options, *TESTS)


def build(folder: Path) -> Path:
    """Build the wheel from a copy, since a build leaves metadata beside the sources; return it."""
    source = folder / "source"
    source.mkdir()
    for name in _SOURCES:
        there = ROOT / name
        copy = shutil.copytree if there.is_dir() else shutil.copy
        copy(there, source / name)
    options = ("--wheel", "--no-isolation", "--outdir", folder)
    built = subprocess.run(  # noqa: S603  # ours
        [sys.executable, "-m", "build", *options, source],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if built.returncode:
        # Setuptools writes hundreds of lines; they matter only now.
        sys.stdout.write(built.stdout)
        built.check_returncode()
    [wheel] = folder.glob("*.whl")
    return wheel


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Install and test on other versions of Python.")
    parser.add_argument("--tests", action="store_true", help="run tests, besides the installation")
    parser.add_argument("--only", choices=SUITES, help="just this version")
    options = parser.parse_args(arguments)
    status = 0
    with tempfile.TemporaryDirectory(prefix="muster-") as folder:
        wheel = build(Path(folder))
        for version in [options.only] if options.only else SUITES:
            try:
                program = fetch(version)
            except FetchError as error:
                sys.stdout.write(f"Python {version}: nothing was tested, {error}\n")
                status = status or NOT_FETCHED
                continue
            try:
                check(program, wheel)
                if options.tests:
                    test(program)
            except subprocess.CalledProcessError as error:
                sys.stdout.write(f"Python {version}: {error}\n")
                return FAILED
            sys.stdout.write(f"Python {version}: installed, and checked\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
