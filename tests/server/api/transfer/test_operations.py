"""Pulls, asked for over HTTP."""

import asyncio
import base64
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace

from musterd.api.transfer import pull
from musterd.app import create_app
from musterd.archives.limits import Limits
from musterd.errors import DatabaseError, NotFoundError
from musterd.images.reference import Reference
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.manifests import OCI_INDEX, OCI_MANIFEST, sha256
from musterd.registry.pullable import PullableImages, PullableSource
from musterd.registry.sources import Sources
from musterd.seeds import addition
from musterd.seeds.description import describe
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.api.conftest import Current
from tests.server.support.registries import (
    HOST,
    OCI,
    FakeRegistry,
    described,
    error,
    layer,
)

Ask = Callable[..., Any]
ONE, TWO = layer(b"one"), layer(b"two" * 100)
NAME = f"{HOST}/team/app"
LIMITS = Limits(archive_size=200_000, document_size=20_000)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(Registries([RegistryAddress.parse(HOST)]))


@pytest.fixture(scope="module")
def app(current: Any, sources: Sources) -> Any:
    return create_app(current, LIMITS, sources=sources)


@pytest.fixture
def store(current: Current, sources: Sources) -> Iterator[ImageStore]:
    """Open a store in memory; what is stored is the same in every kind of database."""
    sources.pullable.images = ()
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        current.store = opened
        yield opened


@pytest.fixture
def create(send: Ask) -> Ask:
    def ask(version: str = "1.51", headers: Any = None, **query: str) -> Any:
        target = f"/v{version}/images/create?{urlencode(query)}"
        return send(target, "POST", headers=headers)

    return ask


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    assert "content-length" not in answer.headers
    return [json.loads(line) for line in answer.body.splitlines()]


def statuses(answer: Any) -> list[str]:
    return [line["status"] for line in lines(answer)]


def failure(answer: Any) -> str:
    """Return the error that a response ends with."""
    text: str = lines(answer)[-1]["error"]
    return text


class TestFromARegistry:
    def test_an_image_is_pulled_by_its_tag(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        digest = registry.add("team/app", "1", ONE, TWO)
        answer = create(fromImage=NAME, tag="1")
        first, second = (sha256(each)[7:19] for each in (ONE, TWO))
        shown = [(line["status"], line.get("id")) for line in lines(answer)]
        assert shown == [
            ("Pulling from team/app", "1"),
            ("Pulling fs layer", first),
            ("Pulling fs layer", second),
            ("Downloading", first),
            ("Download complete", first),
            ("Downloading", second),
            ("Download complete", second),
            ("Extracting", first),
            ("Pull complete", first),
            ("Extracting", second),
            ("Pull complete", second),
            (f"Digest: {digest}", None),
            (f"Status: Downloaded newer image for {NAME}:1", None),
        ]
        assert answer.body.endswith(b"}\r\n")
        [image] = store.images()
        assert [tag.familiar for tag in image.tags] == [f"{NAME}:1"]
        assert [each.familiar for each in image.digests] == [f"{NAME}@{digest}"]
        assert (image.size, image.parent, image.labels) == (303, None, {"stage": "test"})
        assert image.layers is not None
        assert [each.digest for each in image.layers] == [
            sha256(gzip.decompress(each)) for each in (ONE, TWO)
        ]

    def test_layers_of_a_pulled_image_exist_already(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        registry.add("team/app", "1", ONE)
        registry.add("team/next", "1", ONE, TWO, ONE)
        create(fromImage=NAME, tag="1")
        answer = create(fromImage=f"{HOST}/team/next", tag="1")
        first, second = (sha256(each)[7:19] for each in (ONE, TWO))
        assert [(line["status"], line.get("id")) for line in lines(answer)][1:-2] == [
            ("Already exists", first),
            ("Pulling fs layer", second),
            ("Pulling fs layer", first),
            ("Downloading", first),
            ("Download complete", first),
            ("Downloading", second),
            ("Download complete", second),
            ("Extracting", second),
            ("Pull complete", second),
            ("Extracting", first),
            ("Pull complete", first),
        ]
        assert sorted(len(image.layers or ()) for image in store.images()) == [1, 3]

    def test_layers_that_were_not_pulled_do_not_exist_for_a_pull(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        registry.add("team/app", "1", ONE)
        registry.add("team/next", "1", ONE, TWO)
        create(fromImage=NAME, tag="1")
        [image] = store.images()
        store.put([replace(image, digests=())])
        assert "Already exists" not in statuses(create(fromImage=f"{HOST}/team/next", tag="1"))

    def test_it_is_up_to_date_the_second_time(self, create: Ask, registry: FakeRegistry) -> None:
        digest = registry.add("team/app", "1", ONE)
        create(fromImage=NAME, tag="1")
        asked = len(registry.requests)
        assert statuses(create(fromImage=f"{NAME}:1")) == [
            "Pulling from team/app",
            f"Digest: {digest}",
            f"Status: Image is up to date for {NAME}:1",
        ]
        assert len(registry.requests) == asked + 1

    def test_a_tag_moves_to_a_newer_image(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        old = registry.add("team/app", "1", ONE)
        create(fromImage=NAME, tag="1")
        new = registry.add("team/app", "1", TWO)
        create(fromImage=NAME, tag="1")
        found = {
            tuple(each.familiar for each in image.digests): [tag.familiar for tag in image.tags]
            for image in store.images()
        }
        assert found == {(f"{NAME}@{old}",): [], (f"{NAME}@{new}",): [f"{NAME}:1"]}

    @pytest.mark.parametrize("in_tag", [True, False])
    def test_an_image_is_pulled_by_its_digest(
        self, create: Ask, registry: FakeRegistry, store: ImageStore, *, in_tag: bool
    ) -> None:
        digest = registry.add("team/app", "1", ONE)
        query = {"fromImage": NAME, "tag": digest} if in_tag else {"fromImage": f"{NAME}@{digest}"}
        told = lines(create(**query))
        assert told[0] == {"status": "Pulling from team/app", "id": f"{NAME}@{digest}"}
        assert told[-1]["status"].endswith(f"newer image for {NAME}@{digest}")
        [image] = store.images()
        assert (image.tags, len(image.digests)) == ((), 1)

    def test_the_platform_chooses_from_an_index(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        made = {
            "amd64": registry.add("team/app", "a", ONE),
            "arm64": registry.add("team/app", "b", ONE, architecture="arm64"),
        }
        digest = registry.add_index("team/app", "1", made)
        for platform in ("linux/arm64", "linux/amd64"):
            assert lines(create(fromImage=NAME, tag="1", platform=platform))

        def owners() -> dict[str, list[str | None]]:
            return {
                json.loads(image.config or b"")["architecture"]: [
                    each.digest for each in image.digests
                ]
                for image in store.images()
            }

        assert owners() == {"arm64": [digest], "amd64": []}
        create(fromImage=NAME, tag=digest, platform="linux/amd64")
        assert owners() == {"arm64": [], "amd64": [digest]}

    def test_a_platform_that_an_index_lacks_is_a_late_error(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        made = {"arm64": registry.add("team/app", "b", ONE, architecture="arm64")}
        registry.add_index("team/app", "1", made)
        answer = create(fromImage=NAME, tag="1", platform="linux/s390x")
        message = "no matching manifest for linux/s390x in the manifest list entries"
        assert lines(answer) == [
            {"status": "Pulling from team/app", "id": "1"},
            {"errorDetail": {"message": message}, "error": message},
        ]
        assert store.images() == []

    def test_a_single_image_is_pulled_whatever_it_runs_on(
        self, create: Ask, registry: FakeRegistry
    ) -> None:
        registry.add("team/app", "1", ONE)
        query = {"fromImage": NAME, "tag": "1", "platform": "linux/arm64"}
        last = statuses(create(**query))[-1]
        assert last == (
            f"WARNING: image with reference {NAME}:1 was found but its platform (linux/amd64) does "
            "not match the specified platform (linux/arm64)"
        )
        assert statuses(create("1.41", **query))[-1].startswith("Status: Image is up to date")

    def test_without_a_tag_all_tags_are_pulled(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        registry.add("team/app", "1", ONE)
        registry.add("team/app", "2", TWO)
        registry.documents["team/app/manifests/no tag"] = ("", b"")
        told = lines(create(fromImage=NAME))
        assert [line["id"] for line in told if line["status"].startswith("Pulling from")] == [
            "1",
            "2",
        ]
        assert told[-1]["status"] == f"Status: Downloaded newer image for {NAME}"
        assert len(store.images()) == 2
        with store.snapshot() as snapshot:
            [(_, event)] = snapshot.events()
        assert (event.actor, event.attributes) == (NAME, {"name": NAME})

    def test_all_tags_are_pulled_or_none(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        registry.add("team/app", "1", ONE)
        registry.add("team/app", "2", TWO)
        del registry.blobs[sha256(TWO)]
        assert "unknown" in failure(create(fromImage=NAME))
        assert store.images() == []

    @pytest.mark.parametrize(
        ("status", "body", "expected", "message"),
        [
            (404, b"", 404, f"manifest for {NAME} not found: the registry says 404"),
            (200, b"[]", 500, "the list of tags is not as it should be"),
        ],
    )
    def test_there_may_be_no_tags(  # noqa: PLR0917  # fixtures and parameters
        self,
        create: Ask,
        registry: FakeRegistry,
        status: int,
        body: bytes,
        expected: int,
        message: str,
    ) -> None:
        registry.answer("GET", f"http://{HOST}/v2/team/app/tags/list", status, body=body)
        answer = create(fromImage=NAME)
        assert answer.status == expected
        assert message in answer.json["message"]

    def test_a_repository_may_be_empty(self, create: Ask, registry: FakeRegistry) -> None:
        url = f"http://{HOST}/v2/team/app/tags/list"
        registry.answer("GET", url, body=b'{"tags":null}')
        assert statuses(create(fromImage=NAME)) == [f"Status: Image is up to date for {NAME}"]

    def test_credentials_go_to_the_registry(self, create: Ask, registry: FakeRegistry) -> None:
        registry.add("team/app", "1", ONE)
        given = {"registrytoken": "secret"}
        header = base64.urlsafe_b64encode(json.dumps(given).encode()).decode()
        create(headers={"X-Registry-Auth": header}, fromImage=NAME, tag="1")
        assert {each.headers["authorization"] for each in registry.requests} == {"Bearer secret"}

    def test_the_pull_is_an_event(
        self, create: Ask, registry: FakeRegistry, store: ImageStore
    ) -> None:
        registry.add("team/app", "1", ONE)
        create(fromImage=NAME, tag="1")
        with store.snapshot() as snapshot:
            [(_, event)] = snapshot.events()
        assert (event.action, event.actor) == ("pull", f"{NAME}:1")
        assert event.attributes == {"stage": "test", "name": NAME}


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "status", "message"),
        [
            ({"fromImage": "UPPER/a"}, 400, "must be lowercase"),
            ({}, 400, "invalid reference format"),
            ({"fromImage": NAME, "tag": "a@b"}, 400, "invalid tag format"),
            ({"fromImage": NAME, "tag": "sha256:00"}, 400, "invalid checksum digest format"),
            ({"fromImage": NAME, "platform": "a/b/c/d"}, 400, "cannot parse platform specifier"),
            ({"fromImage": NAME, "platform": "a/b c"}, 400, '"b c" is an invalid component'),
            ({"fromImage": "busybox", "tag": "1"}, 403, "start it with --registry docker.io"),
            ({"fromImage": "127.0.0.1:1/a", "tag": "1"}, 403, "--registry 127.0.0.1:1"),
            ({"fromSrc": "-", "repo": "a"}, 501, "musterd imports no file systems"),
        ],
    )
    def test_unpullable_images_are_refused(
        self, create: Ask, query: dict[str, str], status: int, message: str
    ) -> None:
        answer = create(**query)
        assert answer.status == status
        assert message in answer.json["message"]

    def test_an_unknown_image_is_an_early_error(self, create: Ask, registry: FakeRegistry) -> None:
        answer = create(fromImage=NAME, tag="nope")
        assert answer.status == 404
        assert answer.json == {
            "message": f"manifest for {NAME}:nope not found: manifest unknown: manifest unknown"
        }
        assert create("1.23", fromImage=NAME, tag="nope").body.startswith(b"manifest for ")
        assert registry.requests

    def test_a_repository_may_be_denied(self, create: Ask, registry: FakeRegistry) -> None:
        body = httpx.Response(200, json=error("DENIED", "no access")).content
        registry.answer("GET", f"http://{HOST}/v2/team/app/manifests/1", 403, body=body)
        answer = create(fromImage=NAME, tag="1")
        assert answer.status == 404
        assert answer.json["message"] == (
            f"pull access denied for {NAME}, repository does not exist or may require 'docker "
            "login': denied: no access"
        )


def tampered(registry: FakeRegistry, change: str) -> None:
    """Add an image whose registry is at fault."""
    registry.add("team/app", "1", ONE)
    kind, raw = registry.documents["team/app/manifests/1"]
    manifest = json.loads(raw)
    if change == "layer":
        registry.blobs[sha256(ONE)] = ONE[:-1] + b"x"
    elif change == "short layer":
        registry.blobs[sha256(ONE)] = ONE[:-1]
    elif change == "long layer":
        registry.blobs[sha256(ONE)] = ONE + b"x"
    elif change == "config":
        registry.blobs[manifest["config"]["digest"]] = b"{}"
    elif change == "large config":
        manifest["config"]["size"] = 20_001
    elif change == "large layers":
        manifest["layers"][0]["size"] = 200_001
    elif change == "other layers":
        registry.blobs[sha256(TWO)] = TWO
        manifest["layers"] = [described(f"{OCI}.layer.v1.tar+gzip", TWO)]
    elif change == "no tar":
        manifest["layers"] = [described(f"{OCI}.layer.v1.tar+gzip", b"text")]
        registry.blobs[sha256(b"text")] = b"text"
    registry.put("team/app", "1", kind, json.dumps(manifest).encode())


class TestHostileRegistries:
    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ("layer", "is named by its SHA-256, but that is"),
            ("short layer", "bytes that the manifest says"),
            ("long layer", "bytes that the manifest says"),
            ("config", "image config verification failed"),
            ("large config", "has more than 20000 bytes"),
            ("large layers", "has more than 200000 bytes"),
            ("other layers", "says that layer 1 is"),
            ("no tar", "is not a tar"),
        ],
    )
    def test_the_catalogue_stays_as_it_is(
        self, create: Ask, registry: FakeRegistry, store: ImageStore, change: str, problem: str
    ) -> None:
        tampered(registry, change)
        assert problem in failure(create(fromImage=NAME, tag="1"))
        assert store.images() == []
        with store.snapshot() as snapshot:
            assert snapshot.events() == []

    def test_a_manifest_may_be_too_large(self, create: Ask, registry: FakeRegistry) -> None:
        registry.put("team/app", "1", OCI_MANIFEST, b"{" + b" " * 20_000)
        answer = create(fromImage=NAME, tag="1")
        assert answer.status == 500
        assert "has more than 20000 bytes" in answer.json["message"]

    def test_a_digest_must_be_that_of_the_manifest(
        self, create: Ask, registry: FakeRegistry
    ) -> None:
        digest = f"sha256:{'0' * 64}"
        registry.documents[f"team/app/manifests/{digest}"] = (OCI_MANIFEST, b"{}")
        answer = create(fromImage=NAME, tag=digest)
        assert answer.status == 500
        assert f"verification failed for digest {digest}" in answer.json["message"]

    def test_an_index_does_not_lead_to_another_one(
        self, create: Ask, registry: FakeRegistry
    ) -> None:
        inner = json.dumps({"manifests": []}).encode()
        registry.put("team/app", "inner", OCI_INDEX, inner)
        platform = {"os": "linux", "architecture": "amd64"}
        outer = {"manifests": [described(OCI_INDEX, inner, platform=platform)]}
        registry.put("team/app", "1", OCI_INDEX, json.dumps(outer).encode())
        answer = create(fromImage=NAME, tag="1", platform="linux/amd64")
        assert "unsupported media type" in failure(answer)

    def test_an_artifact_is_not_an_image(self, create: Ask, registry: FakeRegistry) -> None:
        registry.add("team/app", "1", ONE, config_type="application/vnd.cncf.helm.config.v1+json")
        assert "it is no image" in failure(create(fromImage=NAME, tag="1"))


class TestDescribedImages:
    @pytest.fixture(autouse=True)
    def described(self, sources: Sources, store: ImageStore) -> None:
        assert store
        items = [
            describe("base:1", size="5MB", pullable=True),
            describe("app:1", parent="base:1", size="8MB", labels={"a": "b"}, pullable=True),
            describe("app:multi", platform="linux/amd64", pullable=True),
            describe("app:multi", platform="linux/arm64", pullable=True),
        ]
        sources.pullable.images = addition.pullable(items)

    def test_one_is_pulled(self, create: Ask, store: ImageStore) -> None:
        told = statuses(create(fromImage="app", tag="1"))
        assert told[:3] == ["Pulling from library/app", "Pulling fs layer", "Pulling fs layer"]
        assert told[-1] == "Status: Downloaded newer image for app:1"
        [image] = store.images()
        assert (image.size, image.parent, image.labels) == (8_000_000, None, {"a": "b"})
        [digest] = image.digests
        assert told[-2] == f"Digest: {digest.digest}"
        assert statuses(create(fromImage="app", tag="1"))[1:] == [
            told[-2],
            "Status: Image is up to date for app:1",
        ]
        assert statuses(create(fromImage=digest.familiar))[-1].startswith("Status: Image is up to")

    def test_layers_of_a_pulled_parent_exist_already(self, create: Ask) -> None:
        assert "Already exists" not in statuses(create(fromImage="base", tag="1"))
        told = statuses(create(fromImage="app", tag="1"))
        assert told[1:3] == ["Already exists", "Pulling fs layer"]
        assert told.count("Pull complete") == 1

    @pytest.mark.parametrize("architecture", ["amd64", "arm64"])
    def test_the_platform_chooses(self, create: Ask, store: ImageStore, architecture: str) -> None:
        create(fromImage="app", tag="multi", platform=f"linux/{architecture}")
        [image] = store.images()
        assert json.loads(image.config or b"")["architecture"] == architecture

    def test_the_first_one_is_for_those_who_ask_for_no_platform(
        self, create: Ask, store: ImageStore
    ) -> None:
        create(fromImage="app", tag="multi")
        [image] = store.images()
        assert json.loads(image.config or b"")["architecture"] == "amd64"

    def test_a_platform_may_be_missing(self, create: Ask) -> None:
        answer = create(fromImage="app", tag="multi", platform="linux/s390x")
        assert failure(answer).startswith("no matching manifest for linux/s390x")

    def test_all_tags_are_pulled(self, create: Ask, store: ImageStore) -> None:
        create(fromImage="app")
        assert len(store.images()) == 2

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("app:2", "manifest for app:2 not found: manifest unknown: manifest unknown"),
            (
                "other:1",
                (
                    "pull access denied for other, repository does not exist or may require "
                    "'docker login': denied: requested access to the resource is denied"
                ),
            ),
        ],
    )
    def test_an_undescribed_image_is_not_found(self, create: Ask, name: str, message: str) -> None:
        answer = create(fromImage=name)
        assert (answer.status, answer.json["message"]) == (404, message)

    def test_a_registry_is_asked_for_what_is_not_described(
        self, create: Ask, registry: FakeRegistry
    ) -> None:
        registry.add("team/app", "1", ONE)
        assert statuses(create(fromImage=NAME, tag="1"))


def test_a_repository_that_is_not_described_has_no_tags() -> None:
    source = PullableSource(PullableImages())
    for work in (source.tags("other"), source.find(Reference("other", tag="1"))):
        with pytest.raises(NotFoundError, match="pull access denied for other"):
            asyncio.run(work)


def test_a_pull_ends_with_its_client(send: Ask, registry: FakeRegistry) -> None:
    registry.hanging.add(f"http://{HOST}/v2/team/app/manifests/1")
    answer = send(f"/images/create?fromImage={NAME}&tag=1", "POST", leaves=True)
    assert (answer.status, answer.json) == (503, {"message": "the client has left"})


class TestRaces:
    def test_an_image_may_be_deleted_during_the_pull(
        self, create: Ask, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.add("team/app", "1", ONE)
        monkeypatch.setattr(pull.InCatalogue, "_has", lambda *_: True)
        assert "was deleted during the pull" in failure(create(fromImage=NAME, tag="1"))

    def test_a_fault_of_the_server_does_not_show(
        self,
        create: Ask,
        registry: FakeRegistry,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        registry.add("team/app", "1", ONE)
        for problem in (DatabaseError("secret"), RuntimeError("secret")):

            def fail(*_: Any, problem: Exception = problem) -> None:
                raise problem

            monkeypatch.setattr(pull.Pull, "_put", fail)
            assert failure(create(fromImage=NAME, tag="1")).startswith("internal error")
        assert caplog.text.count("secret") == 2
