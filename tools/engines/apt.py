"""Download packages of another Debian release with apt, without changing the installed system.

Apt verifies every file by the archive's signature, and resumes interrupted downloads.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Sequence

MIRROR = "MUSTER_DEBIAN_MIRROR"
"""Variable with the archive's address, if apt's own sources name none of Debian's."""

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SECONDS = 900


@dataclass(frozen=True)
class Apt:
    """Apt with its own lists, settings and downloads.

    Attributes:
        folder: Where it keeps them; it reuses existing files.
        suites: Suites of Debian, the wanted one first.
    """

    folder: Path
    suites: tuple[str, ...]

    def update(self) -> None:
        """Read the lists of packages.

        Raises:
            FetchError: If they cannot be downloaded, or are not signed.
        """
        for needed in ("lists/partial", "archives/partial"):
            (self.folder / needed).mkdir(parents=True, exist_ok=True)
        (self.folder / "sources.list").write_text(sources(mirror(), self.suites))
        # Packages installed here must not affect which dependencies and versions apt selects.
        (self.folder / "status").write_text("")
        self._run("apt-get", "update")

    def candidate(self, package: str) -> str:
        """Return the version of a package in the first suite.

        Raises:
            FetchError: If the suite has no such package.
        """
        return newest(self._run("apt-cache", "madison", package), package, self.suites[0])

    def download(self, package: str, version: str, others: Sequence[str]) -> list[Path]:
        """Download packages and all their dependencies.

        Args:
            package: The one whose version matters.
            version: Its version.
            others: Further packages.

        Returns:
            The files.

        Raises:
            FetchError: If one cannot be downloaded, or does not match the lists.
        """
        options = ("--yes", "--no-install-recommends", "--download-only")
        self._run("apt-get", *options, "install", f"{package}={version}", *others)
        # Left by an earlier download, of a version that is no longer offered.
        self._run("apt-get", "autoclean")
        return sorted((self.folder / "archives").glob("*.deb"))

    def _run(self, program: str, *arguments: str) -> str:
        return run(program, "--quiet=2", *self._options, *arguments)

    @property
    def _options(self) -> list[str]:
        settings = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::Status": self.folder / "status",
            "Dir::State::Extended_States": self.folder / "extended_states",
            "Dir::Cache": self.folder,
            "Dir::Cache::Archives": self.folder / "archives",
            "APT::Sandbox::User": "",
            "Acquire::Retries": "3",
        }
        return [f"--option={name}={value}" for name, value in settings.items()]


def mirror() -> str:
    """Return the address of the Debian archive that this machine's apt uses.

    Raises:
        FetchError: If there is none, and no variable names one.
    """
    if named := os.environ.get(MIRROR):
        return named
    pattern = ("--format", "$(REPO_URI)", "Created-By: Packages")
    for address in run("apt-get", "indextargets", *pattern).splitlines():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise FetchError(f"apt has no archive of Debian among its sources; name one in {MIRROR}")


def sources(address: str, suites: Sequence[str]) -> str:
    """Return apt's list of sources for these suites."""
    return "".join(f"deb [signed-by={KEYS}] {address} {suite} main\n" for suite in suites)


def newest(madison: str, package: str, suite: str) -> str:
    """Return the first version that `apt-cache madison` lists for a suite.

    Raises:
        FetchError: If it lists none.
    """
    for line in madison.splitlines():
        _, version, source = (part.strip() for part in line.split("|"))
        if f" {suite}/" in source:
            return version
    raise FetchError(f"Debian {suite} has no package {package}")


def run(*command: str) -> str:
    """Run a program; return its output.

    Raises:
        FetchError: If it is missing or fails.
    """
    try:
        done = subprocess.run(  # noqa: S603  # programs of apt and dpkg, by their names
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise FetchError(
            f"{command[0]} is not installed: engines are unpacked from packages of Debian"
        ) from None
    except subprocess.CalledProcessError as error:
        raise FetchError(f"{command[0]} failed: {error.stderr.strip()}") from None
    except subprocess.TimeoutExpired:
        raise FetchError(f"{command[0]} has not ended within {_SECONDS} s") from None
    return done.stdout
