"""The Docker CLI prints the same about images of `musterd` as of real daemons."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import docker
import pytest

from tools.engines import start

from .conftest import required_engine
from .support import reference_server
from .support.both import Both
from .support.docker_archives import SavedImage, archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .support.docker_cli import DockerCli

PARENT = SavedImage("parent", ("family/parent:1",))
CHILD = SavedImage("child", ("family/child:1", "family/child:2"), PARENT)
SAVED = (PARENT, CHILD, SavedImage("dangling"), SavedImage("other", ("family/other:1",)))


@pytest.fixture(scope="module", params=["docker-20.10", "docker-28.5"])
def hosts(
    request: pytest.FixtureRequest, new_folder: Callable[[], Path]
) -> Iterator[tuple[str, str]]:
    """Return the addresses of musterd and of a daemon."""
    with (
        reference_server.serving([], new_folder()) as musterd,
        start(required_engine(request.param), new_folder()) as daemon,
    ):
        yield musterd, daemon.url


@pytest.fixture
def both(docker_cli: DockerCli, hosts: tuple[str, str], tmp_path: Path) -> Both:
    """Return both with the same images."""
    servers = Both(docker_cli, *hosts)
    file = tmp_path / "saved.tar"
    file.write_bytes(archive(*SAVED))
    servers.print("load", "--input", str(file))
    return servers


def pruned(lines: list[str]) -> list[str]:
    """Return the lines about images in the output of a prune, in an order of their own."""
    ids = {image.id for image in SAVED}
    return sorted(
        line for line in lines if not line.startswith("deleted: ") or line.split()[1] in ids
    )


@pytest.mark.daemon
class TestSameOutput:
    def test_history(self, both: Both) -> None:
        command = ("history", "--no-trunc", "--human=false", "--format", "{{json .}}")
        for image in SAVED:
            assert both.agree(*command, image.id)
        assert len(both.agree(*command, "family/child:1")) == 2

    def test_inspect_without_a_type_finds_an_image(self, both: Both) -> None:
        name = "family/child:1"
        assert both.agree("inspect", "--format", "{{.Id}}", name) == [CHILD.id]

    def test_inspect_finds_nothing(self, both: Both) -> None:
        assert "No such object: nosuch" in both.fail("inspect", "nosuch")
        for kind in ("container", "network", "volume", "plugin"):
            assert "nosuch" in both.fail("inspect", "--type", kind, "nosuch")
        for kind in ("service", "task", "node", "secret"):
            assert "not a swarm manager" in both.fail("inspect", "--type", kind, "nosuch")

    def test_nothing_is_read_of_a_container_that_is_not_there(self, both: Both) -> None:
        for command in (
            ("logs", "nosuch"),
            ("top", "nosuch"),
            ("diff", "nosuch"),
            ("port", "nosuch"),
            ("cp", "nosuch:/etc/hosts", "-"),
        ):
            assert "No such container" in both.fail(*command)

    def test_containers_and_disk_usage(self, both: Both) -> None:
        assert len(both.agree("ps", "--all")) == 1
        assert "Images" in both.agree("system", "df")[1]
        told = both.print("system", "df", "--verbose", "--format", "{{json .Images}}")
        # Images of the same second come in any order.
        found, expected = (
            sorted(json.loads(line), key=lambda image: image["ID"]) for [line] in told
        )
        assert found == expected

    def test_prunes(self, both: Both) -> None:
        command = ("image", "prune", "--force")
        for options in (
            ("--filter", "label=changed=none"),
            (),
            ("--all", "--filter", "label!=changed=other", "--filter", "until=24h"),
            ("--all",),
        ):
            found, expected = map(pruned, both.print(*command, *options))
            assert found == expected
            left, expected = map(set, both.print("images", "--all", "--quiet", "--no-trunc"))
            assert left == expected

    def test_events(self, both: Both) -> None:
        for command in (
            ("tag", "family/child:1", "family/new:1"),
            ("tag", "family/other:1", "family/new:1"),
            ("rmi", "family/new:1"),
        ):
            both.print(*command)
        found, expected = both.events()
        assert found == expected
        assert [event["Action"] for event in found][-3:] == ["tag", "tag", "untag"]


def told(host: str, began: str) -> dict[str, Any]:
    """Return what docker-py says of a server, and delete all images with it."""
    with closing(docker.APIClient(base_url=host, version="1.41")) as client:
        usage = client.df()
        events = client.events(since=float(began), until=time.time(), decode=True)
        found = {
            "containers": client.containers(all=True),
            "history": client.history("family/child:1"),
            "layers": usage["LayersSize"],
            "images": {each["Id"]: (each["Size"], each["SharedSize"]) for each in usage["Images"]},
            "events": [(each["Action"], each["Actor"]) for each in events],
        }
        report = client.prune_images(filters={"dangling": False})
        ids = {image.id for image in SAVED}
        found["untagged"] = sorted(
            each["Untagged"] for each in report["ImagesDeleted"] if "Untagged" in each
        )
        found["deleted"] = ids & {each.get("Deleted") for each in report["ImagesDeleted"]}
        found["reclaimed"] = report["SpaceReclaimed"]
        return found


@pytest.mark.daemon
def test_docker_py_gets_the_same_responses(both: Both, hosts: tuple[str, str]) -> None:
    found, expected = (told(host, both.began) for host in hosts)
    assert found == expected
    assert len(found["history"]) == 2
    assert len(found["deleted"]) == len(SAVED)
