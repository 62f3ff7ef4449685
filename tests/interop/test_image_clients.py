"""Libraries in other languages get the same about images from `musterd` as from real daemons.

Each does everything that the image family has: it pulls, inspects, tags, pushes, searches, removes
and prunes, and asks for containers, the disk usage and events.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tools.engines import start

from .conftest import required_engine
from .support import real_registry, reference_server, search_registry
from .support.real_registry import AMD64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .support.client_programs import ClientProgram

CLIENTS = ("dockerode", "bollard")
# Each engine, what imitates it, and the newest API version of both.
ENGINES = (("docker-20.10", "docker-20.10", "1.41"), ("docker-28.5", "docker-28", "1.51"))
FOUND = ("one", "team/one")
# Docker tells these of a layer as they happen to fall: how much of it has come.
FLEETING = {"Downloading", "Extracting", "Verifying Checksum", "Download complete"}
# What musterd does not have: how layers are stored, and when the daemon tagged an image.
UNKNOWN = ("GraphDriver", "Metadata")


@dataclass(frozen=True)
class Servers:
    """A registry, one that can be searched, musterd, and the daemon that it imitates."""

    registry: str
    search: str
    musterd: str
    daemon: str
    version: str


@pytest.fixture(scope="module", params=ENGINES, ids=lambda param: param[0])
def servers(request: pytest.FixtureRequest, new_folder: Callable[[], Path]) -> Iterator[Servers]:
    name, imitation, version = request.param
    with (
        real_registry.serving(new_folder()) as registry,
        search_registry.serving(FOUND) as search,
        reference_server.serving(
            [],
            new_folder(),
            *("--engine", imitation, "--registry", registry),
            *(option for each in FOUND for option in ("--search-result", f"{search}/{each}")),
        ) as musterd,
        start(required_engine(name), new_folder(), registries=[registry, search]) as daemon,
    ):
        yield Servers(registry, search, musterd, daemon.url, version)


def told(program: ClientProgram, servers: Servers, host: str) -> dict[str, Any]:
    """Return what a library says of a server, as far as it can be the same of another."""
    plan = {
        "repository": f"{servers.registry}/{real_registry.REPOSITORY}",
        "term": f"{servers.search}/one",
        "since": f"{time.time():.9f}",
    }
    got: dict[str, Any] = program.run(host.replace("tcp:", "http:"), servers.version, plan)
    for name in ("pull", "pullAgain", "push"):
        got[name] = [line for line in got[name] if line.get("status") not in FLEETING]
    for name in UNKNOWN:
        got["inspect"].pop(name, None)
    # Docker lists the layers that it deletes as well, which musterd does not keep.
    deleted = got["prune"]["ImagesDeleted"]
    got["prune"]["ImagesDeleted"] = [
        each for each in deleted if each.get("Deleted") in (None, AMD64.id)
    ]
    for event in got["events"]:
        del event["time"], event["timeNano"]
    return got


@pytest.mark.daemon
@pytest.mark.parametrize("client", CLIENTS)
def test_gets_the_same_as_from_dockerd(
    client_program: Callable[[str], ClientProgram], servers: Servers, client: str
) -> None:
    program = client_program(f"{client} (images)")
    found, expected = (told(program, servers, host) for host in (servers.musterd, servers.daemon))
    for what in expected:
        assert found[what] == expected[what], what
    assert found["inspect"]["Id"] == AMD64.id
