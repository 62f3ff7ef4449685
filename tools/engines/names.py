"""The known engines, their location in Debian, and the versions that results were recorded with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import UnknownEngineError

_UPSTREAM = re.compile(r"(?:\d+:)?(\d+(?:\.\d+)*)")


class Kind(StrEnum):
    """The programs that engines run."""

    DOCKER = "docker"
    PODMAN = "podman"


class Store(StrEnum):
    """Where an engine keeps its images."""

    GRAPH_DRIVER = "graph driver"
    CONTAINERD = "containerd"


_PACKAGES = {
    Kind.DOCKER: ("docker.io", "containerd", "runc"),
    Kind.PODMAN: ("podman", "netavark", "catatonit"),
}


@dataclass(frozen=True)
class Release:
    """A program in one suite of Debian.

    Attributes:
        kind: The program.
        suite: The suite, e.g. `trixie`.
        version: Upstream's version that results were recorded with, e.g. `26.1.5`.
        base: The suite that the libraries come from, if *suite* does not have them.
        packages: Packages to unpack with their dependencies; the first is the engine's own.
    """

    kind: Kind
    suite: str
    version: str
    base: str = ""
    packages: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package whose version is the engine's."""
        return self.wanted[0]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The packages to unpack; `base-files` provides the folders that every program expects."""
        return (*(self.packages or _PACKAGES[self.kind]), "base-files")

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites to search."""
        return (self.suite, self.base) if self.base else (self.suite,)

    @property
    def major(self) -> int:
        """The first number of its version."""
        return int(self.version.partition(".")[0])

    @property
    def name(self) -> str:
        """Its name in the cache folder, e.g. `docker-26.1.5`."""
        return f"{self.kind}-{self.version}"


@dataclass(frozen=True)
class Engine:
    """A release with one kind of store.

    Attributes:
        name: Its name on the command line, e.g. `docker-28.5-containerd`.
        release: The program.
        store: Where it keeps its images.
    """

    name: str
    release: Release
    store: Store = Store.GRAPH_DRIVER

    @property
    def title(self) -> str:
        """Its name for readers, e.g. `Docker 28.5, containerd store`."""
        numbers = ".".join(self.release.version.split(".")[:2])
        program = "Docker" if self.release.kind is Kind.DOCKER else "podman"
        store = ", containerd store" if self.store is Store.CONTAINERD else ""
        return f"{program} {numbers}{store}"


def _docker(suite: str, version: str) -> Release:
    return Release(Kind.DOCKER, suite, version)


_DOCKER_26 = _docker("trixie", "26.1.5")
_DOCKER_28 = _docker("sid", "28.5.2")

ENGINES = (
    Engine("docker-20.10", _docker("bookworm", "20.10.24")),
    Engine("docker-26.1", _DOCKER_26),
    Engine("docker-26.1-containerd", _DOCKER_26, Store.CONTAINERD),
    Engine("docker-28.5", _DOCKER_28),
    Engine("docker-28.5-containerd", _DOCKER_28, Store.CONTAINERD),
    # It needs nsenter, from an essential package; netavark did not exist yet.
    Engine(
        "podman-3.0",
        Release(Kind.PODMAN, "bullseye", "3.0.1", packages=("podman", "catatonit", "util-linux")),
    ),
    Engine("podman-4.3", Release(Kind.PODMAN, "bookworm", "4.3.1")),
    Engine("podman-5.4", Release(Kind.PODMAN, "trixie", "5.4.2")),
    Engine("podman-5.8", Release(Kind.PODMAN, "sid", "5.8.6")),
    Engine("podman-6.1", Release(Kind.PODMAN, "experimental", "6.1.1", base="sid")),
)
"""Every engine, the oldest first."""


def find(name: str) -> Engine:
    """Return the engine of this name.

    Raises:
        UnknownEngineError: If there is none.
    """
    for engine in ENGINES:
        if engine.name == name:
            return engine
    known = ", ".join(engine.name for engine in ENGINES)
    raise UnknownEngineError(f"there is no engine {name!r}; there are {known}")


def upstream(version: str) -> str:
    """Return upstream's version in one of Debian's: `28.5.2` of `28.5.2+dfsg4-1`.

    Raises:
        ValueError: If it does not begin with a number.
    """
    if found := _UPSTREAM.match(version):
        return found[1]
    raise ValueError(f"{version!r} is no version of a Debian package")
