"""The cache folder for fetched engines."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "MUSTER_ENGINES"
"""Variable with a folder to use instead of the user's cache."""


def folder() -> Path:
    """Return the folder, which may not exist yet."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else platformdirs.user_cache_path("muster") / "engines"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep other processes from fetching the same engine at the same time."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def whole(place: Path) -> Iterator[Path]:
    """Fill the folder *place* completely, or leave nothing there."""
    partial = place.with_name(f"{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.rename(place)
