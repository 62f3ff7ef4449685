"""The baselines that ship with muster: known departures of releases of Docker and Podman."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from muster.errors import UsageError

SUFFIX = ".toml"


def names() -> list[str]:
    """Return their names, e.g. `podman-4.3`."""
    return sorted(file.stem for file in _folder().glob(f"*{SUFFIX}"))


def resolve(name: str) -> Path:
    """Return the file for *name*: a path, or else the name of a shipped baseline.

    Raises:
        UsageError: If it is neither.
    """
    file = Path(name)
    if file.exists() or file.is_symlink() or file.suffix == SUFFIX or os.sep in name:
        return file
    if name in names():
        return _folder() / f"{name}{SUFFIX}"
    raise UsageError(
        f"--baseline {name}: no such file, and no baseline of this name comes with muster; these "
        f"do: {', '.join(names())}"
    )


def is_shipped(file: Path) -> bool:
    """Return whether *file* is part of muster, and so must not be changed."""
    return file.parent == _folder()


def _folder() -> Path:
    return Path(str(files("muster").joinpath("baselines")))
