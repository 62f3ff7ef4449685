"""Run dockerd, with either store."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from .daemon import Daemon
from .names import Engine, Store
from .processes import running as running_process
from .root import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DRIVERS = {Store.GRAPH_DRIVER: "vfs", Store.CONTAINERD: "native"}
"""These copy files, which works on every file system."""


@contextmanager
def running(
    engine: Engine, root: Path, folder: Path, port: int, registries: Sequence[str]
) -> Iterator[Daemon]:
    """Run dockerd while the context is open; arguments as for `start`, with *root* as fetched."""
    daemon = Daemon(
        f"tcp://127.0.0.1:{port}",
        f"unix://{folder}/run/docker.sock",
        engine.release.version,
        registries=tuple(registries),
    )
    place = folder / "etc" / "docker"
    place.mkdir(exist_ok=True)
    (place / "daemon.json").write_text(json.dumps(settings(engine.store, registries)))
    command = inside(root, folder, arguments(engine.store, port))
    with running_process(command, folder / "log") as process:
        process.wait_until(daemon.answers)
        yield replace(daemon, pid=process.pid)


def settings(store: Store, registries: Sequence[str]) -> dict[str, object]:
    """Return the content of its settings file."""
    return {
        "features": {"containerd-snapshotter": True} if store is Store.CONTAINERD else {},
        "insecure-registries": list(registries),
    }


def arguments(store: Store, port: int) -> list[str]:
    """Return the program and its arguments, with paths as the program sees them."""
    return [
        *("dockerd", "--log-level", "error", "--storage-driver", _DRIVERS[store]),
        *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
        *("--host", f"tcp://127.0.0.1:{port}", "--host", "unix:///run/docker.sock"),
    ]
