"""Real daemons that hold the images of `images.py`, and two that they pulled."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.engines import Engine, Kind, start

from . import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.engines import Daemon


@contextmanager
def filled(engine: Engine, folder: Path, *registries: str) -> Iterator[Daemon]:
    """Run an engine that holds them; it pulls from the first of the registries."""
    with start(engine, folder, registries=registries) as daemon:
        daemon.load(images.archive())
        pull = _PULLING[engine.release.kind]
        pull(daemon, f"{registries[0]}/{images.TAGGED_REPOSITORY}", "1")
        digest = images.DIGEST_ONLY.manifest.digest
        pull(daemon, f"{registries[0]}/{images.DIGEST_ONLY_REPOSITORY}", digest)
        yield daemon


def _by_docker(daemon: Daemon, repository: str, reference: str) -> None:
    daemon.pull("/images/create", fromImage=repository, tag=reference)


def _by_podman(daemon: Daemon, repository: str, reference: str) -> None:
    # Its endpoint for Docker's clients takes no digest as a tag.
    between = "@" if ":" in reference else ":"
    daemon.pull("/images/create", fromImage=f"{repository}{between}{reference}")


_PULLING = {Kind.DOCKER: _by_docker, Kind.PODMAN: _by_podman}
