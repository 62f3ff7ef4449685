"""What is pulled from a real registry is the same at `musterd` as at real daemons."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker
import pytest

from tools.engines import start

from .conftest import required_engine
from .support import real_registry, reference_server
from .support.both import Both
from .support.real_registry import ARM64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .support.docker_cli import DockerCli

# Docker tells these of a layer as they happen to fall.
FLEETING = (": Verifying Checksum", ": Download complete")
INSPECTED = "{{json .Id}} {{json .RepoTags}} {{json .RepoDigests}} {{.Size}} {{json .RootFS}} "
INSPECTED += "{{.Os}}/{{.Architecture}} {{json .Config.Labels}} {{.Created}}"


@dataclass(frozen=True)
class Servers:
    """The registry, musterd, and a daemon."""

    registry: str
    musterd: str
    daemon: str

    @property
    def repository(self) -> str:
        return f"{self.registry}/{real_registry.REPOSITORY}"


@pytest.fixture(scope="module")
def registry(new_folder: Callable[[], Path]) -> Iterator[str]:
    with real_registry.serving(new_folder()) as host:
        yield host


@pytest.fixture(scope="module", params=["docker-20.10", "docker-28.5"])
def servers(
    request: pytest.FixtureRequest, registry: str, new_folder: Callable[[], Path]
) -> Iterator[Servers]:
    options = ("--registry", registry)
    with (
        reference_server.serving([], new_folder(), *options) as musterd,
        start(required_engine(request.param), new_folder(), registries=[registry]) as daemon,
    ):
        yield Servers(registry, musterd, daemon.url)


def pull(both: Both, *command: str) -> list[str]:
    """Return what both print about a pull, which must be the same."""
    found, expected = (
        [line for line in lines if not line.endswith(FLEETING)]
        for lines in both.print("pull", *command)
    )
    assert found == expected
    assert any(line.startswith("Status: ") for line in found)
    return found


def same_images(both: Both) -> list[str]:
    """Return the Ids of the images of both, which must agree in all respects."""
    listed = ("images", "--digests", "--no-trunc", "--format", "{{json .}}")
    found, expected = (sorted(map(_without_age, lines)) for lines in both.print(*listed))
    assert found == expected
    ids = sorted({json.loads(line)["ID"] for line in found})
    for image_id in ids:
        both.agree("image", "inspect", "--format", INSPECTED, image_id)
        both.agree("history", "--no-trunc", "--human=false", "--format", "{{json .}}", image_id)
    return ids


def _without_age(line: str) -> str:
    shown = json.loads(line)
    del shown["CreatedSince"]
    return json.dumps(shown, sort_keys=True)


@pytest.fixture
def both(docker_cli: DockerCli, servers: Servers) -> Both:
    return Both(docker_cli, servers.musterd, servers.daemon)


@pytest.mark.daemon
class TestSameOutput:
    def test_pulls(self, both: Both, servers: Servers) -> None:
        name = servers.repository
        for command in (
            (f"{name}:amd64",),
            (f"{name}:amd64",),
            (f"{name}@{ARM64.manifest.digest}",),
            ("--platform", "linux/amd64", f"{name}:both"),
            ("--platform", "linux/arm64", f"{name}:both"),
        ):
            pull(both, *command)
            same_images(both)
        assert len(same_images(both)) == 2

    def test_a_pull_of_layers_that_are_there(self, both: Both, servers: Servers) -> None:
        pull(both, f"{servers.repository}:amd64")
        assert any(
            ": Already exists" in line for line in pull(both, f"{servers.repository}:shared")
        )
        assert len(same_images(both)) == 2

    def test_pulls_that_fail(self, both: Both, servers: Servers) -> None:
        name = servers.repository
        assert "manifest unknown" in both.fail("pull", f"{name}:nope")
        assert "manifest unknown" in both.fail("pull", f"{servers.registry}/nope:1")
        command = ("pull", "--platform", "linux/s390x", f"{name}:both")
        assert "no matching manifest for linux/s390x" in both.fail(*command)
        assert same_images(both) == []

    def test_events(self, both: Both, servers: Servers) -> None:
        pull(both, f"{servers.repository}:amd64")
        found, expected = both.events()
        assert found == expected
        assert [event["Action"] for event in found] == ["pull"]

    def test_a_daemon_pulls_what_musterd_pushed(
        self, both: Both, docker_cli: DockerCli, servers: Servers
    ) -> None:
        pull(both, f"{servers.repository}:amd64")
        [image] = same_images(both)
        new = f"{servers.registry}/pushed/{docker_cli.program.path.count('/')}-{time.time_ns()}:1"
        docker_cli.lines(servers.musterd, "tag", image, new)
        printed = docker_cli.lines(servers.musterd, "push", new)
        assert printed[0].startswith("The push refers to repository [")
        assert any(line.endswith(f": Mounted from {real_registry.REPOSITORY}") for line in printed)
        docker_cli.lines(servers.daemon, "pull", new)
        assert same_images(both) == [image]
        assert printed[-1] == docker_cli.lines(servers.daemon, "push", new)[-1]


def told(host: str, repository: str) -> dict[str, Any]:
    """Return what docker-py says of a pull and a push at a server."""
    with closing(docker.DockerClient(base_url=host, version="1.41")) as client:
        image = client.images.pull(repository, tag="amd64")
        image.tag(repository, "again")
        pushed = client.images.push(repository, tag="again", stream=True, decode=True)
        with pytest.raises(docker.errors.NotFound) as raised:
            client.images.pull(repository, tag="nope")
        return {
            "id": image.id,
            "tags": image.tags,
            "pushed": [line["status"] for line in pushed if "id" in line],
            "error": raised.value.explanation,
        }


@pytest.mark.daemon
def test_docker_py_gets_the_same_responses(both: Both, servers: Servers) -> None:
    assert same_images(both) == []
    found, expected = (told(host, servers.repository) for host in (servers.musterd, servers.daemon))
    assert found == expected
    assert found["pushed"] == ["Preparing", "Layer already exists"]
