"""Start and stop a fetched engine.

An engine sees the file system that it was fetched with, read-only, and writes into one folder. It
listens only on loopback and on a Unix socket, has no network for containers, and sees neither the
settings nor the images of an engine that is installed on the machine.
"""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import docker, podman
from .daemon import Daemon
from .errors import StartError
from .fetching import fetched
from .names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .names import Engine

_STARTERS = {Kind.DOCKER: docker.running, Kind.PODMAN: podman.running}


@contextmanager
def start(
    engine: Engine, folder: Path, *, registries: Sequence[str] = (), port: int = 0
) -> Iterator[Daemon]:
    """Run an engine without images while the context is open.

    Args:
        engine: The engine.
        folder: An empty folder for everything that it writes, with a path that is short enough for
            a Unix socket.
        registries: `127.0.0.1:PORT` of registries that it may pull from over plain HTTP.
        port: The TCP port on 127.0.0.1; 0 picks a free one.

    Raises:
        NotFetchedError: If it has not been fetched.
        StartError: If it does not start.
    """
    root = check(engine)
    for own in ("run", "tmp", "var/lib", "var/tmp"):
        (folder / own).mkdir(parents=True)
    shutil.copytree(root / "etc", folder / "etc", symlinks=True)
    with _STARTERS[engine.release.kind](
        engine, root, folder, free_port(port), registries
    ) as daemon:
        yield daemon


def check(engine: Engine) -> Path:
    """Return the root of an engine that can be started here.

    Raises:
        NotFetchedError: If it has not been fetched.
        StartError: If this machine or user cannot start any engine.
    """
    root = fetched(engine)
    if os.geteuid() != 0:
        raise StartError("engines need root: they mount file systems")
    for program in ("unshare", "mount", "chroot"):
        if shutil.which(program, path=os.defpath + ":/usr/sbin:/sbin") is None:
            raise StartError(f"{program} is not installed, which engines are started with")
    return root


def free_port(port: int = 0) -> int:
    """Return the number of a free TCP port on 127.0.0.1.

    Args:
        port: The one to return; 0 for any.

    Raises:
        StartError: If the port is in use, or may not be used.
    """
    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            found: int = probe.getsockname()[1]
    except OSError as error:
        raise StartError(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}") from None
    return found
