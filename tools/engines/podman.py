"""Run podman's service."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from .daemon import Daemon
from .processes import running as running_process
from .root import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .names import Engine

_SETTINGS = '[engine]\nlock_type = "file"\nevents_logger = "none"\n'
_REGISTRY = '[[registry]]\nlocation = "{}"\ninsecure = true\n'
_SLASHES = 4
_UNIFIED = 6


@contextmanager
def running(
    engine: Engine, root: Path, folder: Path, port: int, registries: Sequence[str]
) -> Iterator[Daemon]:
    """Run podman while the context is open; arguments as for `start`, with *root* as fetched."""
    daemon = Daemon(
        f"tcp://127.0.0.1:{port}",
        f"unix://{folder}/run/podman.sock",
        engine.release.version,
        registries=tuple(registries),
    )
    settings = folder / "etc" / "containers"
    (settings / "containers.conf").write_text(_SETTINGS)
    trusted = "".join(_REGISTRY.format(address) for address in registries)
    (settings / "registries.conf").write_text(trusted)

    def service(address: str) -> list[str]:
        return inside(root, folder, arguments(address), environment(engine))

    # A service has one address; two services over one store look like one daemon to clients.
    with (
        running_process(service(tcp(engine, port)), folder / "log") as by_port,
        running_process(service("unix:///run/podman.sock"), folder / "log-socket") as by_socket,
    ):
        by_port.wait_until(daemon.answers)
        by_socket.wait_until(lambda: daemon.answers(by_socket=True))
        yield replace(daemon, pid=by_port.pid)


def tcp(engine: Engine, port: int) -> str:
    """Return the address of a port in this podman's form: before 4.0 without slashes."""
    return f"tcp:{'//' if engine.release.major >= _SLASHES else ''}127.0.0.1:{port}"


def environment(engine: Engine) -> dict[str, str]:
    """Return the environment that lets it find the control groups it can use."""
    return {"UNIFIED_CGROUP": "1"} if engine.release.major >= _UNIFIED else {}


def arguments(address: str) -> list[str]:
    """Return the program and its arguments, with paths as the program sees them."""
    return [
        *("podman", "--storage-driver", "vfs", "--events-backend", "none"),
        *("--root", "/var/lib/containers", "--runroot", "/run/containers"),
        *("--tmpdir", "/run/libpod", "system", "service", "--time", "0", address),
    ]
