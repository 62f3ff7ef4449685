"""Real clients get the same listings from `musterd` as from a real daemon."""

from __future__ import annotations

import re
from contextlib import contextmanager
from shlex import split
from typing import TYPE_CHECKING, Any

import docker
import pytest

from .support import images
from .support.docker_cli import NEGOTIATED, DockerCli
from .support.images import archived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.engines import Daemon

PINNED = "1.23"
SHARED = "1.41"
UBUNTU_1204 = "8dbd9e392a964056420e5d58ca5cc376ef18e2de93b5cc90e868a1bbc8318c1c"
UBUNTU_1210 = "b750fe79269d2ec9a3c593ef05b4332b1d1a02a62b4accb2c21d589ff2f5f2dc"
PLAYDATE = "4986bf8c15363d1c5d15512d5266f8777bfba4974ac56e3270e7760f6f0a8125"

# REPOSITORY, TAG, IMAGE ID and SIZE, as the Docker CLI prints them
UBUNTU_1204_ROWS = [
    ("ubuntu", tag, "8dbd9e392a96", "132MB") for tag in ("12.04", "latest", "precise")
]
UBUNTU_1210_ROWS = [("ubuntu", tag, "b750fe79269d", "24.7kB") for tag in ("12.10", "quantal")]
PLAYDATE_ROWS = [
    ("localhost:5000/test/busybox", "latest", "4986bf8c1536", "0B"),
    ("playdate", "latest", "4986bf8c1536", "0B"),
]


@pytest.fixture(scope="module")
def seeded(musterd: Callable[[list[dict[str, Any]]], str]) -> str:
    """Serve the images of the v1.23 document with musterd; return its address."""
    return musterd(images.seed())


@pytest.fixture(scope="module")
def twin(musterd: Callable[[list[dict[str, Any]]], str], dockerd: Daemon) -> str:
    """Serve dockerd's own listing with musterd; return its address."""
    return musterd(dockerd.images(all="1", digests="1"))


@pytest.fixture(params=[PINNED, NEGOTIATED], ids=["pinned", "negotiated"])
def api_version(request: pytest.FixtureRequest) -> str | None:
    version: str | None = request.param
    return version


@pytest.fixture(params=[PINNED, SHARED], ids=["oldest", "newest"])
def shared_version(request: pytest.FixtureRequest) -> str:
    """Return a version that musterd and Docker 20.10 both serve."""
    version: str = request.param
    return version


def rows(lines: list[str]) -> list[list[str]]:
    """Return the cells below the heading, whose words begin the columns."""
    starts = [match.start() for match in re.finditer(r"\S+(?: \S+)*", lines[0])]
    ends = [*starts[1:], None]
    return [
        [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        for line in lines[1:]
    ]


def without_created(lines: list[str]) -> list[tuple[str, ...]]:
    assert lines[0].split("  ")[0] == "REPOSITORY"
    return sorted((*cells[:3], cells[4]) for cells in rows(lines))


TABLES = {
    "images": UBUNTU_1204_ROWS + UBUNTU_1210_ROWS + PLAYDATE_ROWS,
    "images -a": UBUNTU_1204_ROWS + UBUNTU_1210_ROWS + PLAYDATE_ROWS,
    "images ubuntu": UBUNTU_1204_ROWS + UBUNTU_1210_ROWS,
    "images ubuntu:precise": UBUNTU_1204_ROWS[2:],
    "images localhost:5000/test/busybox": PLAYDATE_ROWS[:1],
    "images nosuch": [],
    "images -f dangling=true": [],
    "images -f label=com.example.version": UBUNTU_1210_ROWS,
    "images -f label=com.example.version=v1": UBUNTU_1210_ROWS,
    "images -f label=com.example.version=v2": [],
}


# In the document an image's Size is its own share, beside VirtualSize. Where that is gone, from
# API 1.44 and Docker 25 on, Size is the whole.
WITHOUT_VIRTUAL_SIZE = (25,)
WHOLE = {"24.7kB": "180MB", "0B": "2.43MB"}


def sized(table: list[tuple[str, ...]], *, whole: bool) -> list[tuple[str, ...]]:
    return [(*row[:3], WHOLE.get(row[3], row[3])) for row in table] if whole else table


class TestDockerCliOnDocumentedImages:
    @pytest.mark.parametrize("command", TABLES)
    def test_prints_one_row_per_tag(
        self, docker_cli: DockerCli, seeded: str, api_version: str | None, command: str
    ) -> None:
        printed = docker_cli.lines(seeded, *split(command), api_version=api_version)

        whole = api_version == NEGOTIATED and docker_cli.program.number >= WITHOUT_VIRTUAL_SIZE
        assert without_created(printed) == sorted(sized(TABLES[command], whole=whole))

    def test_prints_full_ids_on_request(
        self, docker_cli: DockerCli, seeded: str, api_version: str | None
    ) -> None:
        printed = docker_cli.lines(seeded, "images", "-q", "--no-trunc", api_version=api_version)

        bare = [line.removeprefix("sha256:") for line in printed]
        assert sorted(bare) == sorted([UBUNTU_1204] * 3 + [UBUNTU_1210] * 2 + [PLAYDATE] * 2)

    def test_negotiates_a_version_that_shows_digests(
        self, docker_cli: DockerCli, seeded: str
    ) -> None:
        [digest] = [digest for image in images.seed() for digest in image.get("RepoDigests", [])]
        template = "{{.Repository}}@{{.Digest}}"

        printed = docker_cli.lines(
            seeded, "images", "--digests", "--format", template, "localhost:5000/test/busybox"
        )

        assert printed == [digest]


SAME_AT_EVERY_VERSION = [
    "images",
    "images -a",
    "images -q",
    "images -a -q",
    "images --no-trunc",
    "images -a --no-trunc",
    "images busybox",
    "images busybox:1.24",
    "images localhost:5000/test/busybox",
    "images 'order/*'",
    "images nosuch",
    "images -f dangling=false",
    "images -f label=stage",
    "images -f label=stage=leaf",
    "images -f label=empty=",
    "images -f label=eq=a=b=c",
    "images -f 'label=ключ-ünï=значение ★'",
    "images -f label=stage -f label=com.example.version=v2",
    "images -f label=com.example.version busybox",
    "images -f dangling=false -f label=k=shared",
]
SAME_SINCE_1_24 = [
    "images -f dangling=true",
    "images --digests",
    "images -a --digests --no-trunc",
    "images -f since=busybox",
    "images -f before=busybox",
    "images -f 'reference=busybox:*' -f 'reference=order/*'",
]


def comparable(lines: list[str]) -> list[str]:
    """Lines in one order: images of one second come in any."""
    return sorted(re.sub(r"\s{2,}", "  ", line) for line in lines)


class TestDockerCliOnDaemonImages:
    @pytest.mark.parametrize("command", SAME_AT_EVERY_VERSION)
    def test_prints_the_same_as_for_dockerd(
        self,
        docker_cli: DockerCli,
        dockerd: Daemon,
        twin: str,
        shared_version: str,
        command: str,
    ) -> None:
        printed, expected = (
            docker_cli.lines(host, *split(command), api_version=shared_version)
            for host in (twin, dockerd.url)
        )

        assert comparable(printed) == comparable(expected)

    @pytest.mark.parametrize("command", SAME_SINCE_1_24)
    def test_prints_the_same_as_for_dockerd_since_1_24(
        self, docker_cli: DockerCli, dockerd: Daemon, twin: str, command: str
    ) -> None:
        printed, expected = (
            docker_cli.lines(host, *split(command), api_version=SHARED)
            for host in (twin, dockerd.url)
        )

        assert comparable(printed) == comparable(expected)

    def test_shows_digests_at_1_23_only_for_untagged_images(
        self, docker_cli: DockerCli, dockerd: Daemon, twin: str
    ) -> None:
        """The CLI never sends `digests=1`; dockerd lists them unasked, the document does not."""
        printed, expected = (
            rows(docker_cli.lines(host, "images", "--digests", api_version=PINNED))
            for host in (twin, dockerd.url)
        )

        def as_documented(row: list[str]) -> list[str]:
            repository, tag, _, *rest = row
            return row if tag == "<none>" else [repository, tag, "<none>", *rest]

        assert sorted(printed) == sorted(as_documented(row) for row in expected)
        assert sorted(printed) != sorted(expected)

    def test_finds_only_unnamed_images_dangling_at_1_23(
        self, docker_cli: DockerCli, dockerd: Daemon, twin: str
    ) -> None:
        """Docker 1.12 began to count images pulled by digest, and counts them at any version."""
        printed, expected = (
            docker_cli.lines(
                host, "images", "-q", "--no-trunc", "-f", "dangling=true", api_version=PINNED
            )
            for host in (twin, dockerd.url)
        )

        assert printed == [archived()["leaf"].id]
        assert sorted(expected) == sorted([archived()["leaf"].id, images.DIGEST_ONLY.id])

    @pytest.mark.parametrize("wrong", ["dangling=bogus", "foo=bar"])
    def test_reports_a_filter_that_the_server_refuses(
        self,
        docker_cli: DockerCli,
        dockerd: Daemon,
        twin: str,
        api_version: str | None,
        wrong: str,
    ) -> None:
        for host in (twin, dockerd.url):
            done = docker_cli.run(host, "images", "-f", wrong, api_version=api_version)

            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.startswith("Error response from daemon: ")
            assert wrong.partition("=")[0] in done.stderr
            assert "{" not in done.stderr


@contextmanager
def docker_py(address: str, version: str) -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=address, version=version)
    try:
        yield client
    finally:
        client.close()


def tags(listing: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the listing without what versions differ on: the order of tags, null or empty."""
    return {image["Id"]: {*(image["RepoTags"] or [])} - {"<none>:<none>"} for image in listing}


@pytest.mark.parametrize("version", [PINNED, "auto"])
class TestDockerPy:
    def test_lists_the_documents_images(self, seeded: str, version: str) -> None:
        with docker_py(seeded, version) as client:
            listing = client.images()

        assert [image["Id"].removeprefix("sha256:") for image in listing] == [
            PLAYDATE,
            UBUNTU_1204,
            UBUNTU_1210,
        ]
        assert [sorted(image["RepoTags"]) for image in listing] == [
            ["localhost:5000/test/busybox:latest", "playdate:latest"],
            ["ubuntu:12.04", "ubuntu:latest", "ubuntu:precise"],
            ["ubuntu:12.10", "ubuntu:quantal"],
        ]
        assert [image["Labels"] or {} for image in listing] == [
            {},
            {},
            {"com.example.version": "v1"},
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"all": True},
            {"filters": {"dangling": False}},
            {"filters": {"label": "com.example.version=v1"}},
            {"filters": {"label": ["stage", "com.example.version=v2"]}},
            {"all": True, "filters": {"label": "stage"}},
        ],
        ids=str,
    )
    def test_gets_the_same_listing_as_from_dockerd(
        self, dockerd: Daemon, twin: str, version: str, arguments: dict[str, Any]
    ) -> None:
        with docker_py(twin, version) as client, docker_py(dockerd.url, version) as peer:
            listing, expected = client.images(**arguments), peer.images(**arguments)

        assert tags(listing) == tags(expected)

    def test_gets_bare_ids(self, dockerd: Daemon, twin: str, version: str) -> None:
        with docker_py(twin, version) as client, docker_py(dockerd.url, version) as peer:
            assert sorted(client.images(quiet=True)) == sorted(peer.images(quiet=True))

    def test_gets_a_readable_error(self, twin: str, version: str) -> None:
        with (
            docker_py(twin, version) as client,
            pytest.raises(docker.errors.APIError, match="foo") as caught,
        ):
            client.images(filters={"foo": "bar"})

        assert caught.value.is_client_error()


class TestDockerPyAtTheDocumentedVersion:
    @pytest.mark.parametrize("name", ["busybox", "busybox:1.24", "order/*", "nosuch"])
    def test_gets_the_same_images_by_name_as_from_dockerd(
        self, dockerd: Daemon, twin: str, name: str
    ) -> None:
        with docker_py(twin, PINNED) as client, docker_py(dockerd.url, PINNED) as peer:
            assert tags(client.images(name=name)) == tags(peer.images(name=name))

    def test_gets_the_same_placeholders_as_from_dockerd(self, dockerd: Daemon, twin: str) -> None:
        with docker_py(twin, PINNED) as client, docker_py(dockerd.url, PINNED) as peer:
            listing, expected = (
                {
                    each["Id"]: (each["RepoTags"], each["RepoDigests"])
                    for each in server.images(all=True)
                    if each["Id"] in (archived()["leaf"].id, archived()["mid"].id)
                }
                for server in (client, peer)
            )

        assert len(expected) == 2
        assert listing == expected

    def test_inspects_each_image_that_it_lists(self, twin: str) -> None:
        client = docker.DockerClient(base_url=twin, version=PINNED)
        try:
            [busybox] = client.images.list(name="busybox")
        finally:
            client.close()

        expected = archived()["busybox:latest"]
        assert busybox.id == expected.id
        assert sorted(busybox.tags) == sorted(expected.tags)
        assert busybox.labels == expected.labels
