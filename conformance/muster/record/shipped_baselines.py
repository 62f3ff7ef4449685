"""The baselines that come with muster: the known departures of releases of Docker and Podman."""

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
    """Return the file that *name* stands for: a path, or else the name of a baseline that ships.

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
    """Return whether *file* belongs to muster, so that nobody may change it."""
    return file.parent == _folder()


def _folder() -> Path:
    return Path(str(files("muster").joinpath("baselines")))
