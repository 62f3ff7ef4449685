"""The Docker CLI changes images of `musterd` with the same output as for a real daemon."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from .support import images
from .support.docker_archives import LAYER_ID, SavedImage, archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tools.engines import Daemon

    from .support.docker_cli import DockerCli

A, B = "changed/a:1", "changed/b:1"
NAMED = SavedImage("named", (A,))
NAMED_TWICE = SavedImage("named twice", (A, B))
OTHER = SavedImage("other", (B,))
UNNAMED = SavedImage("unnamed")
PARENT = SavedImage("parent")
CHILD = SavedImage("child", (B,), PARENT)
NAMED_PARENT = SavedImage("named parent", (A,))
NAMED_CHILD = SavedImage("named child", (B,), NAMED_PARENT)
# Children come first, to be removed in this order.
EVERY = [CHILD, PARENT, NAMED_CHILD, NAMED_PARENT, NAMED, NAMED_TWICE, OTHER, UNNAMED]

MISSING = "changed/missing:1"


class Printed(NamedTuple):
    status: int
    stdout: list[str]
    stderr: list[str]


def send(host: str, method: str, target: str, body: bytes | None = None) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(host).netloc, timeout=60)
    try:
        connection.request(method, target, body, {"Content-Type": "application/x-tar"})
        return connection.getresponse().read()
    finally:
        connection.close()


def ids(host: str) -> set[str]:
    return {image["Id"] for image in json.loads(send(host, "GET", "/v1.23/images/json?all=1"))}


@dataclass(frozen=True)
class Servers:
    """`musterd` and dockerd, which get the same commands."""

    cli: DockerCli
    version: str
    hosts: tuple[str, str]

    def load(self, *saved: SavedImage) -> None:
        for host in self.hosts:
            send(host, "POST", "/v1.23/images/load", archive(*saved))
            assert {image.id for image in saved} <= ids(host)

    def run(self, *command: str) -> tuple[Printed, Printed]:
        """Return the command's output at both, without removed layers, which musterd lacks."""
        musterd, dockerd = (
            self.cli.run(host, *command, api_version=self.version) for host in self.hosts
        )
        first, second = (
            Printed(
                done.returncode,
                [line for line in done.stdout.splitlines() if line != f"Deleted: {LAYER_ID}"],
                done.stderr.splitlines(),
            )
            for done in (musterd, dockerd)
        )
        return first, second

    def prints(self, *command: str) -> Printed:
        """Return the command's output, which must be the same at both."""
        printed, expected = self.run(*command)
        assert printed == expected
        return printed

    def names(self) -> dict[str, str]:
        """Return this module's images as both list them: the Ids by name."""
        template = "{{.Repository}}:{{.Tag}} {{.ID}}"
        ours = {image.id for image in EVERY}
        names, expected = (
            {name: id_ for name, id_ in map(str.split, printed.stdout) if id_ in ours}
            for printed in self.run("images", "-a", "--no-trunc", "--format", template)
        )
        assert names == expected
        return names


@pytest.fixture(scope="module")
def twin(musterd: Callable[[list[dict[str, Any]]], str], dockerd: Daemon) -> str:
    """Serve dockerd's own listing with musterd; return its address."""
    return musterd(dockerd.images(all="1", digests="1"))


@pytest.fixture(params=["1.23", "1.41"])
def servers(
    request: pytest.FixtureRequest, docker_cli: DockerCli, twin: str, dockerd: Daemon
) -> Iterator[Servers]:
    before = ids(dockerd.url)
    assert len(before) > len(images.archived())
    yield Servers(docker_cli, request.param, (twin, dockerd.url))
    for host in (twin, dockerd.url):
        for image in EVERY:
            send(host, "DELETE", f"/v1.23/images/{image.id}?force=1")
        assert ids(host) == before


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(*saved: SavedImage) -> str:
        path = tmp_path / "saved.tar"
        path.write_bytes(archive(*saved))
        return str(path)

    return write


class TestLoad:
    @pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["", "-q"])
    def test_prints_each_name(
        self, servers: Servers, file: Callable[..., str], quiet: tuple[str, ...]
    ) -> None:
        printed = servers.prints("load", *quiet, "-i", file(NAMED_TWICE))

        assert printed == (0, [f"Loaded image: {A}", f"Loaded image: {B}"], [])
        assert servers.names() == {A: NAMED_TWICE.id, B: NAMED_TWICE.id}

    def test_prints_the_id_of_an_image_without_a_name(
        self, servers: Servers, file: Callable[..., str]
    ) -> None:
        printed = servers.prints("load", "-i", file(UNNAMED))

        assert printed == (0, [f"Loaded image ID: {UNNAMED.id}"], [])
        assert servers.names() == {"<none>:<none>": UNNAMED.id}

    def test_moves_a_name_from_another_image(
        self, servers: Servers, file: Callable[..., str]
    ) -> None:
        servers.load(NAMED)

        printed = servers.prints("load", "-i", file(NAMED_TWICE))

        assert printed.stdout[-2:] == [f"Loaded image: {A}", f"Loaded image: {B}"]
        assert servers.names() == {
            A: NAMED_TWICE.id,
            B: NAMED_TWICE.id,
            "<none>:<none>": NAMED.id,
        }

    def test_refuses_a_file_that_is_not_an_archive(self, servers: Servers, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no archive")

        for printed in servers.run("load", "-i", str(tmp_path / "text")):
            assert (printed.status, printed.stdout) == (1, [])
            assert printed.stderr


class TestTag:
    def test_gives_an_image_another_name(self, servers: Servers) -> None:
        servers.load(NAMED)

        assert servers.prints("tag", A, "changed/c") == (0, [], [])
        assert servers.names() == {A: NAMED.id, "changed/c:latest": NAMED.id}

    def test_tags_an_image_by_its_short_id(self, servers: Servers) -> None:
        servers.load(UNNAMED)

        assert servers.prints("tag", UNNAMED.short_id, B) == (0, [], [])
        assert servers.names() == {B: UNNAMED.id}

    def test_moves_a_name_from_another_image(self, servers: Servers) -> None:
        servers.load(NAMED, OTHER)

        assert servers.prints("tag", A, B) == (0, [], [])
        assert servers.names() == {A: NAMED.id, B: NAMED.id, "<none>:<none>": OTHER.id}

    def test_reports_a_missing_image(self, servers: Servers) -> None:
        printed = servers.prints("tag", MISSING, A)

        assert printed == (1, [], [f"Error response from daemon: No such image: {MISSING}"])


# What an image has in a daemon only: its layers' place, and when it was named.
DAEMONS_OWN = {"GraphDriver", "Metadata"}


class TestInspect:
    @pytest.mark.parametrize("name", [A, NAMED_TWICE.id, NAMED_TWICE.short_id])
    def test_shows_the_same_as_dockerd(self, servers: Servers, name: str) -> None:
        servers.load(NAMED_TWICE)

        musterd, dockerd = servers.run("inspect", "--type", "image", name)

        assert (musterd.status, musterd.stderr) == (dockerd.status, dockerd.stderr) == (0, [])
        [shown], [expected] = (json.loads("\n".join(each.stdout)) for each in (musterd, dockerd))
        assert shown["Id"] == NAMED_TWICE.id
        assert shown == {name: each for name, each in expected.items() if name not in DAEMONS_OWN}

    def test_formats_with_a_template(self, servers: Servers) -> None:
        servers.load(NAMED)
        template = "{{.Id}} {{.RepoTags}} {{.Config.Labels.changed}} {{.Author}} {{.Created}}"

        printed = servers.prints("image", "inspect", "--format", template, A)

        line = f"{NAMED.id} [{A}] named Muster 2016-12-03T00:00:00Z"
        assert printed == (0, [line], [])

    def test_reports_a_missing_image(self, servers: Servers) -> None:
        musterd, dockerd = servers.run("image", "inspect", MISSING)

        assert musterd[:2] == dockerd[:2] == (1, ["[]"])
        for printed in (musterd, dockerd):
            assert printed.stderr[0].endswith(f"No such image: {MISSING}")


class TestRmi:
    def test_untags_one_of_two_names(self, servers: Servers) -> None:
        servers.load(NAMED_TWICE)

        assert servers.prints("rmi", A) == (0, [f"Untagged: {A}"], [])
        assert servers.names() == {B: NAMED_TWICE.id}

    def test_removes_an_image_with_its_last_name(self, servers: Servers) -> None:
        servers.load(NAMED)

        assert servers.prints("rmi", A) == (0, [f"Untagged: {A}", f"Deleted: {NAMED.id}"], [])
        assert servers.names() == {}

    @pytest.mark.parametrize("image", [NAMED, UNNAMED], ids=["named", "unnamed"])
    def test_removes_an_image_by_its_short_id(self, servers: Servers, image: SavedImage) -> None:
        servers.load(image)

        printed = servers.prints("rmi", image.short_id)

        untagged = [f"Untagged: {tag}" for tag in image.tags]
        assert printed == (0, [*untagged, f"Deleted: {image.id}"], [])
        assert servers.names() == {}

    def test_refuses_to_remove_an_image_with_several_names_by_id(self, servers: Servers) -> None:
        servers.load(NAMED_TWICE)

        printed = servers.prints("rmi", NAMED_TWICE.short_id)

        assert (printed.status, printed.stdout) == (1, [])
        [error] = printed.stderr
        assert f"conflict: unable to delete {NAMED_TWICE.short_id} (must be forced)" in error
        assert error.endswith("- image is referenced in multiple repositories")
        assert servers.names() == {A: NAMED_TWICE.id, B: NAMED_TWICE.id}

    def test_removes_an_image_with_several_names_by_force(self, servers: Servers) -> None:
        servers.load(NAMED_TWICE)

        printed = servers.prints("rmi", "-f", NAMED_TWICE.short_id)

        lines = [f"Untagged: {A}", f"Untagged: {B}", f"Deleted: {NAMED_TWICE.id}"]
        assert printed == (0, lines, [])
        assert servers.names() == {}

    def test_keeps_an_image_that_has_children(self, servers: Servers) -> None:
        servers.load(NAMED_PARENT, NAMED_CHILD)

        printed = servers.prints("rmi", NAMED_PARENT.short_id)

        assert (printed.status, printed.stdout) == (1, [])
        [error] = printed.stderr
        assert f"conflict: unable to delete {NAMED_PARENT.short_id} (cannot be forced)" in error
        assert error.endswith("- image has dependent child images")
        assert servers.names() == {A: NAMED_PARENT.id, B: NAMED_CHILD.id}

    def test_removes_unnamed_parents_too(self, servers: Servers) -> None:
        servers.load(PARENT, CHILD)

        printed = servers.prints("rmi", B)

        lines = [f"Untagged: {B}", f"Deleted: {CHILD.id}", f"Deleted: {PARENT.id}"]
        assert printed == (0, lines, [])
        assert servers.names() == {}

    def test_keeps_unnamed_parents_on_request(self, servers: Servers) -> None:
        servers.load(PARENT, CHILD)

        printed = servers.prints("rmi", "--no-prune", B)

        assert printed.status == 0
        assert f"Deleted: {PARENT.id}" not in printed.stdout
        assert servers.names() == {"<none>:<none>": PARENT.id}

    def test_removes_found_images_and_reports_missing_ones(self, servers: Servers) -> None:
        servers.load(NAMED)

        printed = servers.prints("rmi", MISSING, A)

        assert printed.status == 1
        assert printed.stdout == [f"Untagged: {A}", f"Deleted: {NAMED.id}"]
        assert printed.stderr[0].endswith(f"No such image: {MISSING}")
        assert servers.names() == {}
