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
from .support.real_registry import AMD64, ARM64

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


class Both:
    """The two servers, without images at first."""

    def __init__(self, cli: DockerCli, servers: Servers) -> None:
        self._cli = cli
        self._hosts = (servers.musterd, servers.daemon)
        for host in self._hosts:
            cli.lines(host, "image", "prune", "--all", "--force")
        self.began = f"{time.time():.9f}"

    def print(self, *command: str) -> list[list[str]]:
        """Return what both print."""
        return [self._cli.lines(host, *command) for host in self._hosts]

    def pull(self, *command: str) -> None:
        """Pull at both, which must print the same."""
        found, expected = (
            [line for line in lines if not line.endswith(FLEETING)]
            for lines in self.print("pull", *command)
        )
        assert found == expected
        assert any(line.startswith("Status: ") for line in found)

    def fail(self, *command: str) -> str:
        """Run a command that must fail alike at both; return what it prints."""
        found, expected = (self._cli.run(host, *command) for host in self._hosts)
        assert (found.returncode, found.stderr) == (expected.returncode, expected.stderr)
        assert found.returncode != 0
        return found.stderr

    def agree(self) -> list[str]:
        """Return the Ids of the images of both, which must agree in all respects."""
        listed = ("images", "--digests", "--no-trunc", "--format", "{{json .}}")
        found, expected = (sorted(map(_without_age, lines)) for lines in self.print(*listed))
        assert found == expected
        ids = sorted({json.loads(line)["ID"] for line in found})
        for image_id in ids:
            for command in (
                ("image", "inspect", "--format", INSPECTED, image_id),
                ("history", "--no-trunc", "--human=false", "--format", "{{json .}}", image_id),
            ):
                found, expected = self.print(*command)
                assert found == expected
        return ids

    def events(self) -> list[list[Any]]:
        """Return the events of both so far, without their times."""
        bounds = ("--since", self.began, "--until", f"{time.time():.9f}")
        told = self.print("events", *bounds, "--format", "{{json .}}")
        events = [[json.loads(line) for line in lines] for lines in told]
        for event in (each for some in events for each in some):
            del event["time"], event["timeNano"]
        return events


def _without_age(line: str) -> str:
    shown = json.loads(line)
    del shown["CreatedSince"]
    return json.dumps(shown, sort_keys=True)


@pytest.fixture
def both(docker_cli: DockerCli, servers: Servers) -> Both:
    return Both(docker_cli, servers)


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
            both.pull(*command)
            both.agree()
        assert len(both.agree()) == 2

    def test_pulls_that_fail(self, both: Both, servers: Servers) -> None:
        name = servers.repository
        assert "manifest unknown" in both.fail("pull", f"{name}:nope")
        assert "manifest unknown" in both.fail("pull", f"{servers.registry}/nope:1")
        command = ("pull", "--platform", "linux/s390x", f"{name}:both")
        assert "no matching manifest for linux/s390x" in both.fail(*command)
        assert both.agree() == []

    def test_events(self, both: Both, servers: Servers) -> None:
        both.pull(f"{servers.repository}:amd64")
        found, expected = both.events()
        assert found == expected
        assert [event["Action"] for event in found] == ["pull"]

    def test_a_daemon_pulls_what_musterd_pushed(
        self, both: Both, docker_cli: DockerCli, servers: Servers
    ) -> None:
        both.pull(f"{servers.repository}:amd64")
        [image] = both.agree()
        new = f"{servers.registry}/pushed/{docker_cli.program.path.count('/')}-{time.time_ns()}:1"
        docker_cli.lines(servers.musterd, "tag", image, new)
        printed = docker_cli.lines(servers.musterd, "push", new)
        assert printed[0].startswith("The push refers to repository [")
        assert any(line.endswith(f": Mounted from {real_registry.REPOSITORY}") for line in printed)
        assert printed[-1].startswith(f"1: digest: {AMD64.manifest.digest} size: ")
        docker_cli.lines(servers.daemon, "pull", new)
        assert both.agree() == [image]


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
    assert both.agree() == []
    found, expected = (told(host, servers.repository) for host in (servers.musterd, servers.daemon))
    assert found == expected
    assert found["pushed"] == ["Preparing", "Layer already exists"]
