"""The programs on this machine to compare musterd with."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import load, servers
from tools import postgresql as postgres
from tools.engines import Engine, EngineError, check, find

_PRISM = "@stoplight/prism-cli@5"
_INSTALLING = 240
_COUNTED = (
    "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
    " WHERE relnamespace = 'musterd'::regnamespace AND relkind = 'r'"
)


@dataclass(frozen=True)
class Postgresql:
    """A PostgreSQL server of the bench's own, which does not wait for the disk."""

    server: postgres.Server

    def empty(self) -> str:
        """Return the URL of a database without a catalogue, for a user that policies hold."""
        self.server.execute("DROP SCHEMA IF EXISTS musterd CASCADE")
        return self.server.url(user=postgres.ORDINARY)

    def stored(self) -> int:
        """Return the bytes of the catalogue."""
        self.server.execute("ANALYZE")
        size: int = self.server.ask(_COUNTED)
        return size


@dataclass
class Found:
    """The available programs; None for missing ones, which `missing` lists."""

    postgresql: Postgresql | None = None
    nginx: str | None = None
    prism: Path | None = None
    dockerd: Engine | None = None
    podman: Engine | None = None
    missing: list[str] = field(default_factory=list)


@contextmanager
def found(folder: Path, *, quick: bool) -> Iterator[Found]:
    """Find all programs, and start the required services; a quick run needs fewer."""
    all_ = Found()
    all_.dockerd = _engine("docker-20.10", all_.missing)
    with ExitStack() as stack:
        if not quick:
            all_.nginx = servers.installed("nginx")
            all_.podman = _engine("podman-4.3", all_.missing)
            all_.prism = installed_prism(folder / "prism", all_.missing)
            if any(postgres.INSTALLED.glob("*/bin/initdb")):
                all_.postgresql = stack.enter_context(_postgresql())
            for name in ("nginx", "postgresql"):
                if getattr(all_, name) is None:
                    all_.missing.append(f"{name} is not installed")
        yield all_


def _engine(name: str, missing: list[str]) -> Engine | None:
    engine = find(name)
    try:
        check(engine)
    except EngineError as error:
        missing.append(str(error))
        return None
    return engine


@contextmanager
def _postgresql() -> Iterator[Postgresql]:
    with postgres.started() as server:
        yield Postgresql(server)


def installed_prism(folder: Path, missing: list[str]) -> Path | None:
    """Install Prism in a folder that goes away with the bench."""
    npm = servers.installed("npm")
    if npm is None:
        missing.append("npm is not installed, with which Prism is")
        return None
    command: list[str | Path] = [
        npm,
        "install",
        "--prefix",
        folder,
        "--no-audit",
        "--no-fund",
        _PRISM,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALLING)  # noqa: S603
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        missing.append(f"Prism cannot be installed: {type(error).__name__}")
        return None
    return folder / "node_modules" / ".bin" / "prism"


def count(port: int, target: str) -> int | str:
    """Return the number of images that a server lists, or its error."""
    try:
        return len(json.loads(load.once(port, target)[1]))
    except (OSError, ValueError) as error:
        return str(error)
