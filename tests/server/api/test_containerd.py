"""What Docker's containerd stores answered, replayed on the same archives; see data/README.md."""

import asyncio
import dataclasses
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from musterd.app import create_app
from musterd.archives import docker_archive, listing_json, manifests
from musterd.contract import engines
from musterd.images.image import NEVER, Image
from musterd.images.platform import Platform
from musterd.storage import catalogue
from tests.server.support import containerd, golden
from tests.server.support.asgi import ask

ENGINES = {"docker-28.5": "docker-28-containerd", "docker-29": "docker-29-containerd"}
# A daemon's storage, and the time of a load, are its own.
OWN = {"GraphDriver", "Metadata", "DockerVersion"}
# Of these every version is asked, of all other requests one after the other.
WHOLE = ("multi/", "inspect/", "list/", "manifests/")
# A listing without shared-size and identity does not tell which layers images share, nor from where
# an image was pulled.
UNKNOWN_FROM_A_LISTING = {
    "shared-size/1",
    "shared-size/true-all",
    "shared-size/bogus",
    "identity/manifests",
    "inspect/digest",
    "inspect/digestonly",
}


@pytest.fixture(scope="module", autouse=True)
def here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifests.platform, "of_host", lambda: Platform("linux", "amd64"))
        yield


class Served:
    """A musterd in the style of one engine, on a catalogue in memory."""

    def __init__(self, engine: str, images: list[Image]) -> None:
        self._store = catalogue.open_store(catalogue.MEMORY)
        self._store.put(images)
        self._app = create_app(self._store, engine=engines.find(engine))
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()
        self._store.close()

    def ask(self, target: str, method: str = "GET", **options: Any) -> Any:
        octets = target.encode().decode("latin-1")
        return self._loop.run_until_complete(ask(self._app, octets, method, **options))


def everything(server: str) -> Iterator[dict[str, Any]]:
    for each in containerd.recorded(server)["exchanges"]:
        if not each.get("unstable") and each["version"]:
            yield each


def chosen(server: str) -> Iterator[dict[str, Any]]:
    versions: dict[str, list[dict[str, Any]]] = {}
    for each in everything(server):
        versions.setdefault(each["id"], []).append(each)
    for number, (name, answers) in enumerate(versions.items()):
        if name.startswith(WHOLE):
            yield from answers
        else:
            yield answers[number % len(answers)]


def without_own(body: Any) -> Any:
    return {key: body[key] for key in body.keys() - OWN} if isinstance(body, dict) else body


def recorded_answer(server: str, exchange: dict[str, Any]) -> golden.Recorded:
    return golden.Recorded(
        place=(0, 0),
        id=exchange["id"],
        server=server,
        version=exchange["version"],
        method=exchange["method"],
        target=exchange["target"],
        headers=exchange.get("headers", {}),
        status=exchange["status"],
        content_type=exchange.get("content_type"),
        location=exchange.get("location"),
        body=without_own(containerd.body(server, exchange.get("body"))),
        subset=False,
        needs=(),
    )


def differing(
    server: str, served: Served, exchanges: Iterable[dict[str, Any]]
) -> tuple[int, list[str]]:
    """Ask what was recorded; return how many requests there were, and which differ."""
    found = []
    total = 0
    for exchange in exchanges:
        total += 1
        expected = recorded_answer(server, exchange)
        answer = served.ask(
            f"/v{expected.version}{expected.target}", expected.method, headers=expected.headers
        )
        if isinstance(expected.body, dict) and expected.status < 400:
            known = json.dumps(without_own(answer.json)).encode()
            answer = dataclasses.replace(answer, body=known)
        if golden.difference(expected, answer) is not None:
            found.append(f"{expected.version} {expected.id}")
    return total, found


@pytest.mark.parametrize("server", ENGINES)
def test_the_answers_about_the_archives_are_the_daemons(server: str) -> None:
    with closing(Served(ENGINES[server], containerd.loaded())) as served:
        total, found = differing(server, served, chosen(server))
    assert total > 600
    assert found == []


def facts() -> dict[tuple[int, str], str]:
    """Return the configs of the fixture images, by date and labels."""
    found = {}
    for each in golden.GOLDEN["facts"].values():
        config = json.loads(each["config"])
        found[_key(config.get("created"), (config.get("config") or {}).get("Labels"))] = each[
            "config"
        ]
    return found


def _key(created: str | None, labels: Any) -> tuple[str | None, str]:
    return created, json.dumps(labels or {}, sort_keys=True)


def test_the_answers_about_an_imported_listing_are_the_daemons() -> None:
    """The fixtures of this daemon were partly pulled, so that they come by its listing."""
    server = "docker-main"
    known = containerd.recorded(server)
    listing = containerd.body(server, known["listings"]["1.56"])
    shown = {each["Id"]: each for each in containerd.answer(server, "manifests/1", "1.56")}
    merged = [each | shown.get(each["Id"], {}) for each in listing]
    configs = facts()
    images = []
    for image in listing_json.parse(json.dumps(merged).encode(), "x"):
        created = known["beyond_listing"][image.id]["created"]
        config = configs[_key(created, image.labels)]
        images.append(
            replace(
                image,
                created=NEVER if created is None else image.created,
                created_text=created,
                config=config.encode(),
            )
        )
    with closing(Served("docker-29-containerd", images)) as served:
        total, found = differing(server, served, everything(server))
    assert total >= 4000
    assert {each.split()[1] for each in found} <= UNKNOWN_FROM_A_LISTING
    assert len(found) / total <= 0.01, found


def test_one_catalogue_is_listed_in_either_style() -> None:
    store = catalogue.open_store(catalogue.MEMORY)
    images = docker_archive.read(io.BytesIO(containerd.archive("fixtures")), "x")
    store.put(images)
    for name, ids in (
        ("docker-29", {image.id for image in images if image.tags}),
        ("docker-29-containerd", {image.targets[0].digest for image in images if image.tags}),
    ):
        app = create_app(store, engine=engines.find(name))
        listed = asyncio.run(ask(app, "/v1.48/images/json")).json
        assert {image["Id"] for image in listed if image["RepoTags"]} == ids
    store.close()
