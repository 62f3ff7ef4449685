"""The real programs that the tests run: which ones this machine has, and in which versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Where Debian keeps daemons; not on every user's PATH.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/bin"])


@dataclass(frozen=True)
class Program:
    path: str
    version: str

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    def is_release(self, release: str) -> bool:
        return f"{self.version}.".startswith(f"{release}.")

    def __str__(self) -> str:
        return f"{self.version} ({self.path})"


@cache
def installed(name: str) -> list[Program]:
    """Every program of that name, each file once, in the order of PATH."""
    found: dict[str, Program] = {}
    for folder in SEARCH.split(os.pathsep):
        path = shutil.which(name, path=folder)
        real = path and str(Path(path).resolve())
        if path and real and real not in found:
            answer = subprocess.run(
                [path, "--version"], capture_output=True, text=True, timeout=30, check=True
            ).stdout
            version = re.search(r"\d+\.\d+\.\d+", answer)
            found[real] = Program(path, version.group() if version else answer.strip())
    return list(found.values())


def installed_release(name: str, release: str) -> Program | None:
    """Return the program whose version belongs to the release (`20.10`), if there is one."""
    return next((each for each in installed(name) if each.is_release(release)), None)


def newest(name: str) -> Program | None:
    return max(installed(name), key=lambda each: each.number, default=None)
