"""Run a program in the file system that it was fetched with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPT = Path(__file__).with_name("enter.sh")
_SYSTEM = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def inside(
    root: Path, folder: Path, command: Sequence[str], env: Mapping[str, str] | None = None
) -> list[str]:
    """Return a command that runs *command* with *root* as its file system.

    Args:
        root: The file system, read-only.
        folder: Has `etc`, `run`, `tmp` and `var`, which replace those of *root*.
        command: The program, by its name or its path in *root*, and its arguments.
        env: Variables besides PATH and HOME; it inherits none from this process.
    """
    variables = [f"{name}={value}" for name, value in {**_SYSTEM, **(env or {})}.items()]
    enter = ["sh", str(_SCRIPT), str(root), str(folder)]
    return ["unshare", "--mount", "env", "--ignore-environment", *variables, *enter, *command]
