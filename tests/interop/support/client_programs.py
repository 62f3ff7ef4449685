"""The programs in `clients/`, with the libraries that they need, installed for one session."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOURCES = Path(__file__).parents[1] / "clients"
INSTALL_SECONDS = 240
COMPILE_SECONDS = 1200
RUN_SECONDS = 60
# The program in Rust.
RUST = "bollard"


class CannotInstall(Exception):
    """A library is not to be had: no pip, npm or cargo, or no network."""


def versions() -> dict[str, str]:
    """Return the libraries under test with their pinned versions."""
    pinned: dict[str, str] = json.loads((SOURCES / "package.json").read_text())["dependencies"]
    for source in sorted(SOURCES.glob("*.in")):
        pinned |= re.findall(r"^(\S+)==(\S+)$", source.read_text(), re.MULTILINE)
    pinned["docker-py"] = pinned.pop("docker")
    manifest = tomllib.loads((SOURCES / RUST / "Cargo.toml").read_text())
    pinned["bollard"] = manifest["dependencies"]["bollard"]["version"].removeprefix("=")
    return pinned


@dataclass(frozen=True)
class ClientProgram:
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        url: str,
        version: str,
        questions: list[dict[str, Any]],
        *,
        env: Mapping[str, str] | None = None,
    ) -> list[Any]:
        """Ask each question at the server; return listings, or status and message of an error."""
        answers: list[Any] = self.run(url, version, questions, env=env)
        return answers

    def run(
        self, url: str, version: str, order: Any, *, env: Mapping[str, str] | None = None
    ) -> Any:
        """Have the program do something at a server; return the JSON that it prints."""
        done = subprocess.run(
            [*self.command, url, version, json.dumps(order)],
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
            env={**os.environ, **self.env, **(env or {})},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class ClientPrograms:
    """The programs by name; their libraries are installed when first asked for.

    Attributes:
        new_folder: makes the folders to install in
    """

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self.new_folder = new_folder
        self._installed: dict[str, Path | CannotInstall] = {}

    def python(self, program: str, pinned: str) -> ClientProgram:
        """Return a program in Python that can import the pinned libraries only."""
        folder = self._install(
            pinned,
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
                *("--requirement", str(SOURCES / pinned), "--target", "."),
            ],
        )
        command = (sys.executable, "-S", str(SOURCES / program))
        return ClientProgram(command, {"PYTHONPATH": str(folder)})

    def node(self, program: str) -> ClientProgram:
        folder = self._install(
            "package.json",
            [
                *("npm", "ci", "--ignore-scripts", "--omit=optional", "--prefer-offline"),
                *("--no-audit", "--no-fund", "--loglevel=error"),
            ],
        )
        # Node looks for libraries above the program.
        return ClientProgram(("node", str(shutil.copy(SOURCES / program, folder))))

    def rust(self) -> ClientProgram:
        """Return the program in Rust; what is compiled stays in the user's cache."""
        compiled = platformdirs.user_cache_path("muster") / RUST
        folder = self._install(
            RUST,
            [
                *("cargo", "build", "--quiet", "--locked"),
                *("--manifest-path", str(SOURCES / RUST / "Cargo.toml")),
                *("--target-dir", str(compiled)),
            ],
            COMPILE_SECONDS,
        )
        # Another version may be compiled meanwhile.
        program = shutil.copy(compiled / "debug" / "bollard_images", folder)
        return ClientProgram((str(program),))

    def _install(self, pinned: str, command: list[str], seconds: float = INSTALL_SECONDS) -> Path:
        if pinned not in self._installed:
            self._installed[pinned] = self._try(pinned, command, seconds)
        result = self._installed[pinned]
        if isinstance(result, CannotInstall):
            raise result
        return result

    def _try(self, pinned: str, command: list[str], seconds: float) -> Path | CannotInstall:
        folder = self.new_folder()
        for source in SOURCES.glob("*.json"):
            shutil.copy(source, folder)
        try:
            subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=True,
            )
        except OSError as error:
            return CannotInstall(f"{command[0]} cannot be run: {error.strerror}")
        except subprocess.TimeoutExpired:
            return CannotInstall(f"{pinned} took over {seconds} s to install")
        except subprocess.CalledProcessError as error:
            reason = next(iter(error.stderr.splitlines()), error.returncode)
            return CannotInstall(f"{pinned} cannot be installed: {reason}")
        return folder
