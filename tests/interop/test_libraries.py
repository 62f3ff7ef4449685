"""Client libraries get the same listings from `musterd` as from a real daemon."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .support import images
from .support.tls import https, make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.engines import Daemon

    from .support.client_programs import ClientProgram

    Answers = Callable[["Client", str], dict[str, Any]]

OLDEST, NEWEST = "1.23", "1.41"

ALWAYS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "all": {"all": True},
    "named": {"filters": {"dangling": ["false"]}},
    "label": {"filters": {"label": ["stage"]}},
    "value of a label": {"filters": {"label": ["com.example.version=v1"]}},
    "two labels": {"filters": {"label": ["stage", "com.example.version=v2"]}},
    "label of any image": {"all": True, "filters": {"label": ["stage"]}},
    "label beyond ASCII": {"filters": {"label": ["ключ-ünï=значение ★"]}},
    "no such label": {"filters": {"label": ["nosuch"]}},
}
UNTIL_1_24: dict[str, dict[str, Any]] = {
    "repository": {"filter": "busybox"},
    "tag": {"filter": "busybox:1.24"},
    "pattern": {"filter": "order/*"},
}
SINCE_1_24: dict[str, dict[str, Any]] = {
    "untagged": {"filters": {"dangling": ["true"]}},
    "references": {"filters": {"reference": ["busybox", "order/*"]}},
    "younger": {"filters": {"since": ["busybox"]}},
}
REFUSED = {"filters": {"foo": ["bar"]}}
EMPTY = {"no such label"}


class Client(NamedTuple):
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        asked = ALWAYS | (UNTIL_1_24 if self.version == OLDEST else SINCE_1_24)
        # What HTTP calls `filter` is the name in docker-py, on which hyper-sh stands.
        rename = {"filter": "name"} if self.name == "hyper-sh" else {}
        return {
            what: {rename.get(name, name): value for name, value in question.items()}
            for what, question in asked.items()
        }


# The newest docker-py serves 1.24 and later; those of the Hyper service know 1.23 only.
CLIENTS = [
    Client("docker-py", "1.24"),
    Client("docker-py", NEWEST),
    Client("aiodocker", OLDEST),
    Client("aiodocker", NEWEST),
    Client("dockerode", OLDEST),
    Client("dockerode", NEWEST),
    Client("hyper-aws4", OLDEST),
    Client("hyper-sh", OLDEST),
]


@pytest.fixture(scope="module")
def certificate(openssl: str, new_folder: Callable[[], Path]) -> Path:
    return make_certificate(openssl, new_folder())


@pytest.fixture(scope="module")
def answers(
    request: pytest.FixtureRequest, client_program: Callable[[str], ClientProgram]
) -> Answers:
    """Have a client ask a server all its questions, and one that is refused."""

    @cache
    def ask(client: Client, server: str) -> dict[str, Any]:
        questions = {**client.questions, "refused": REFUSED}
        program = client_program(client.name)
        if client.name == "hyper-sh":
            certificate: Path = request.getfixturevalue("certificate")
            with https(server, certificate) as url:
                env = {"REQUESTS_CA_BUNDLE": str(certificate)}
                answers = program.ask(url, client.version, [*questions.values()], env=env)
        else:
            url = server.replace("tcp:", "http:")
            answers = program.ask(url, client.version, [*questions.values()])
        return dict(zip(questions, answers, strict=True))

    return ask


@pytest.fixture(scope="module")
def seeded(musterd: Callable[[list[dict[str, Any]]], str]) -> str:
    """Serve the images of the v1.23 document with musterd; return its address."""
    return musterd(images.seed())


@pytest.fixture(scope="module")
def twin(musterd: Callable[[list[dict[str, Any]]], str], dockerd: Daemon) -> str:
    """Serve dockerd's own listing with musterd; return its address."""
    return musterd(dockerd.images(all="1", digests="1"))


def comparable(listing: list[dict[str, Any]], version: str) -> dict[str, dict[str, Any]]:
    """Return the images by Id, tags in any order; at 1.23, only what dockerd has too."""
    shown = [{**image, "RepoTags": sorted(image["RepoTags"] or [])} for image in listing]
    if version == OLDEST:
        names = ("Id", "RepoTags", "Created", "Size", "VirtualSize")
        shown = [
            {**{name: image[name] for name in names}, "Labels": image["Labels"] or {}}
            for image in shown
        ]
    return {image["Id"]: image for image in shown}


def tags_by_id(listing: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(each["Id"].removeprefix("sha256:"), sorted(each["RepoTags"])) for each in listing]


@pytest.mark.parametrize(
    ("client", "question"),
    [(client, question) for client in CLIENTS for question in client.questions],
    ids=str,
)
def test_gets_the_same_listing_as_from_dockerd(
    answers: Answers, twin: str, dockerd: Daemon, *, client: Client, question: str
) -> None:
    listing, expected = (
        comparable(answers(client, server)[question], client.version)
        for server in (twin, dockerd.url)
    )

    assert listing == expected
    assert bool(listing) == (question not in EMPTY)


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_gets_the_reason_for_a_refused_filter(answers: Answers, twin: str, client: Client) -> None:
    answer = answers(client, twin)["refused"]

    assert answer["status"] == 400
    assert "foo" in answer["message"]


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_lists_the_documents_images(answers: Answers, seeded: str, client: Client) -> None:
    listing = answers(client, seeded)["nothing"]

    expected = sorted(images.seed(), key=lambda image: image["Created"], reverse=True)
    assert tags_by_id(listing) == tags_by_id(expected)
