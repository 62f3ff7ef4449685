"""Pulls into the catalogue in the style of the containerd store, asked for over HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from musterd.app import create_app
from musterd.archives import manifests
from musterd.contract import engines
from musterd.images.platform import Platform
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.sources import Sources
from musterd.seeds import addition
from musterd.seeds.description import describe
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.api.conftest import Current
from tests.server.support.registries import HOST, FakeRegistry, layer

from .test_operations import lines, statuses

Ask = Callable[..., Any]
ONE, TWO = layer(b"one"), layer(b"two" * 100)
NAME = f"{HOST}/team/app"
ARM64 = "linux/arm64"


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(Registries([RegistryAddress.parse(HOST)]))


# A new one for each test: it remembers what it made of the images at a revision.
@pytest.fixture
def app(current: Any, sources: Sources) -> Any:
    return create_app(current, sources=sources, engine=engines.find("docker-28-containerd"))


@pytest.fixture
def store(current: Current, sources: Sources) -> Iterator[ImageStore]:
    sources.pullable.images = ()
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        current.store = opened
        yield opened


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests.platform, "of_host", lambda: Platform("linux", "amd64"))


@pytest.fixture
def create(send: Ask) -> Ask:
    return lambda **query: send(f"/v1.51/images/create?{urlencode(query)}", "POST")


@pytest.fixture
def listed(send: Ask) -> Ask:
    """Return the images by their Ids."""

    def ask() -> dict[str, Any]:
        found = send("/v1.51/images/json?all=1&manifests=1").json
        return {each["Id"]: each for each in found}

    return ask


@pytest.fixture
def index(registry: FakeRegistry) -> str:
    """Put an index of two platforms at the tag `both`; each manifest has a tag, too."""
    made = {
        "amd64": registry.add("team/app", "amd64", ONE),
        "arm64": registry.add("team/app", "arm64", TWO, architecture="arm64"),
    }
    return registry.add_index("team/app", "both", made)


def available(image: Any) -> list[bool]:
    return [each["Available"] for each in image["Manifests"]]


def test_the_id_is_the_digest_of_the_manifest(
    create: Ask, listed: Ask, registry: FakeRegistry
) -> None:
    digest = registry.add("team/app", "1", ONE)
    told = lines(create(fromImage=NAME, tag="1"))
    assert [(line["status"], line.get("progressDetail")) for line in told if "id" in line][1:] == [
        ("Pulling fs layer", {}),
        ("Downloading", {"current": len(ONE), "total": len(ONE)}),
        ("Download complete", {"hidecounts": True}),
        ("Pull complete", {"hidecounts": True}),
    ]
    assert listed().keys() == {digest}
    assert listed()[digest]["RepoDigests"] == [f"{NAME}@{digest}"]
    assert statuses(create(fromImage=NAME, tag="1")) == [
        "Pulling from team/app",
        f"Digest: {digest}",
        f"Status: Image is up to date for {NAME}:1",
    ]


def test_an_index_has_the_content_that_was_pulled(
    create: Ask, listed: Ask, send: Ask, index: str
) -> None:
    create(fromImage=NAME, tag="both", platform=ARM64)
    assert available(listed()[index]) == [False, True]
    # It points to the same index as before.
    assert statuses(create(fromImage=NAME, tag="both"))[-1].startswith("Status: Image is up to")
    assert available(listed()[index]) == [True, True]
    shown = send(f"/v1.51/images/{index}/json").json
    assert shown["Architecture"] == "amd64"
    assert [each["CreatedBy"] for each in send(f"/v1.51/images/{index}/history").json] == []


def test_content_is_there_for_every_image_that_has_it(create: Ask, listed: Ask, index: str) -> None:
    create(fromImage=NAME, tag="both")
    assert available(listed()[index]) == [True, False]
    create(fromImage=NAME, tag="arm64")
    assert available(listed()[index]) == [True, True]


def test_an_index_has_the_content_that_was_there_before(
    create: Ask, listed: Ask, send: Ask, index: str
) -> None:
    create(fromImage=NAME, tag="arm64")
    create(fromImage=NAME, tag="both")
    assert available(listed()[index]) == [True, True]
    send(f"/v1.51/images/{quote(NAME)}:arm64", "DELETE")
    shown = send(f"/v1.51/images/{index}/json?platform={quote(json.dumps(PLATFORM))}")
    assert shown.json["Architecture"] == "arm64"


PLATFORM = {"os": "linux", "architecture": "arm64"}


def test_a_name_with_a_digest_is_shown_where_there_is_no_other(
    create: Ask, listed: Ask, index: str
) -> None:
    create(fromImage=f"{NAME}@{index}")
    assert listed()[index]["RepoTags"] == [f"{NAME}@{index}"]
    create(fromImage=NAME, tag="both")
    assert listed()[index]["RepoTags"] == [f"{NAME}:both"]


def test_all_tags_of_an_index_are_names_of_one_image(
    create: Ask, listed: Ask, registry: FakeRegistry, index: str
) -> None:
    kind, raw = registry.documents[f"team/app/manifests/{index}"]
    registry.put("team/app", "again", kind, raw)
    create(fromImage=NAME, platform=ARM64)
    assert listed()[index]["RepoTags"] == [f"{NAME}:again", f"{NAME}:both"]
    assert len(listed()) == 3


def test_a_tag_moves_to_another_image(
    create: Ask, listed: Ask, send: Ask, registry: FakeRegistry
) -> None:
    older = registry.add("team/app", "1", ONE)
    create(fromImage=NAME, tag="1")
    send(f"/v1.51/images/{older}/tag?repo=kept&tag=1", "POST")
    newer = registry.add("team/app", "1", TWO)
    assert statuses(create(fromImage=NAME, tag="1"))[-1].startswith("Status: Downloaded newer")
    assert [listed()[each]["RepoTags"] for each in (older, newer)] == [["kept:1"], [f"{NAME}:1"]]
    send("/v1.51/images/kept:1", "DELETE")
    assert listed().keys() == {newer}


def test_an_image_that_lost_its_only_name_has_none(
    create: Ask, listed: Ask, registry: FakeRegistry
) -> None:
    older = registry.add("team/app", "1", ONE)
    create(fromImage=NAME, tag="1")
    registry.add("team/app", "1", TWO)
    create(fromImage=NAME, tag="1")
    assert listed()[older]["RepoTags"] == []


def test_what_is_not_there_is_an_early_error(create: Ask, registry: FakeRegistry) -> None:
    registry.add("team/app", "1", ONE)
    answer = create(fromImage=NAME, tag="nope")
    assert (answer.status, answer.json["message"]) == (
        404,
        f'failed to resolve reference "{NAME}:nope": {NAME}:nope: not found',
    )


def test_a_missing_platform_is_an_early_error(create: Ask, index: str) -> None:
    assert index
    answer = create(fromImage=NAME, tag="both", platform="linux/s390x")
    assert answer.status == 404
    assert answer.json["message"] == (
        "no matching manifest for linux/s390x in the manifest list entries: no match for platform "
        "in manifest: not found"
    )


def test_a_single_image_is_pulled_without_a_warning(create: Ask, registry: FakeRegistry) -> None:
    registry.add("team/app", "1", ONE)
    last = statuses(create(fromImage=NAME, tag="1", platform=ARM64))[-1]
    assert last == f"Status: Downloaded newer image for {NAME}:1"


def test_a_described_image_has_the_described_digest(
    create: Ask, listed: Ask, sources: Sources, store: ImageStore
) -> None:
    assert store
    sources.pullable.images = addition.pullable([describe("app:1", pullable=True)])
    (digest,) = sources.pullable.images[0].digests
    assert statuses(create(fromImage="app", tag="1"))[-1].startswith("Status: Downloaded newer")
    assert listed()[digest.digest]["RepoTags"] == ["app:1"]
    assert statuses(create(fromImage=digest.familiar))[-2] == f"Digest: {digest.digest}"


def test_a_repository_may_be_empty(create: Ask, listed: Ask, registry: FakeRegistry) -> None:
    registry.answer("GET", f"http://{HOST}/v2/team/app/tags/list", body=b'{"tags": null}')
    assert statuses(create(fromImage=NAME))[-1].startswith("Status: ")
    assert listed() == {}
