"""Fetch an engine: download its packages and unpack them into a root folder.

The folder is the root of the engine's own file system and includes its Debian's libraries, so an
engine of any Debian release runs on any other, and nothing is installed.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from . import cache
from .apt import Apt, run
from .errors import NotFetchedError, OtherVersionError
from .names import upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from .names import Engine, Release

_MERGED = ("bin", "sbin", "lib", "lib64")
"""Folders that later Debian releases have under `/usr`; their packages expect the links."""

_EMPTY = ("etc", "dev", "proc", "root", "run", "sys", "tmp", "var")
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "etc/hosts": "127.0.0.1 localhost\n",
}


def location(release: Release) -> Path:
    """Return the folder of a release after fetching."""
    return cache.folder() / release.name


def fetched(engine: Engine) -> Path:
    """Return the root of a fetched engine.

    Raises:
        NotFetchedError: If it has not been fetched.
    """
    root = location(engine.release)
    if not root.is_dir():
        raise NotFetchedError(
            f"{engine.name} is not in {cache.folder()}; "
            f"fetch it with `python -m tools.engines fetch {engine.name}`"
        )
    return root


def fetch(release: Release, say: Callable[[str], None]) -> Path:
    """Fetch a release, unless it is there already; return its root.

    Args:
        release: The release; Debian must offer exactly its version.
        say: Called with progress messages.

    Raises:
        OtherVersionError: If Debian offers another version.
        FetchError: If it cannot be downloaded or unpacked.
    """
    root = location(release)
    with cache.locked(release.name):
        if root.is_dir():
            return root
        downloads = cache.folder() / f"{release.name}.downloads"
        apt = Apt(downloads, release.suites)
        apt.update()
        version = apt.candidate(release.package)
        require(release, version)
        say(f"{release.name}: downloading {release.package} {version} of Debian {release.suite}")
        packages = apt.download(release.package, version, release.wanted[1:])
        size = sum(each.stat().st_size for each in packages)
        say(f"{release.name}: unpacking {len(packages)} packages, {size / 1e6:.0f} MB")
        with cache.whole(root) as partial:
            unpack(packages, partial)
        shutil.rmtree(downloads)
    return root


def require(release: Release, version: str) -> None:
    """Reject a version other than the one that the results were recorded with.

    Args:
        release: The release.
        version: The version that Debian offers.

    Raises:
        OtherVersionError: If it is another one.
    """
    if upstream(version) != release.version:
        raise OtherVersionError(
            f"Debian {release.suite} has {release.package} {version} now, but baselines and "
            f"results were recorded with {release.version}. Copy {release.name} from a cache that "
            f"has it into {cache.folder()}; or write the new version into tools/engines/names.py, "
            "and run `make results`."
        )


def unpack(packages: Iterable[Path], root: Path) -> None:
    """Unpack packages into a folder, and do the work of their installation scripts."""
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        run("dpkg-deb", "--extract", str(package), str(root))
    for name in _EMPTY:
        (root / name).mkdir(exist_ok=True)
    for name, text in _FILES.items():
        (root / name).write_text(text)
