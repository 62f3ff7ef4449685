"""Pushes, asked for over HTTP."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from musterd.api.transfer.push import Push
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract import engines
from musterd.images.reference import Reference
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.manifests import DOCKER_MANIFEST, OCI_MANIFEST, sha256
from musterd.registry.sources import Sources
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.api.conftest import Current
from tests.server.support.registries import HOST, FakeRegistry, error, layer

Ask = Callable[..., Any]
ONE = layer(b"one")
DIFF_ID = sha256(gzip.decompress(ONE))
NAME = f"{HOST}/team/app"
EMPTY_AUTH = {"X-Registry-Auth": "e30="}
# As Docker writes it.
DOCKER_MANIFEST_TEXT = """{{
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
   "config": {{
      "mediaType": "application/vnd.docker.container.image.v1+json",
      "size": {},
      "digest": "{}"
   }},
   "layers": [
      {{
         "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
         "size": {},
         "digest": "{}"
      }}
   ]
}}"""


@pytest.fixture(scope="module")
def app(current: Any) -> Any:
    return create_app(current, sources=Sources(Registries([RegistryAddress.parse(HOST)])))


@pytest.fixture
def store(current: Current) -> Iterator[ImageStore]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        current.store = opened
        yield opened


@pytest.fixture
def send_to_containerd(ask_app: Ask, current: Any, send: Ask) -> Ask:
    assert send
    sources = Sources(Registries([RegistryAddress.parse(HOST)]))
    app = create_app(current, sources=sources, engine=engines.find("docker-28-containerd"))
    return lambda *arguments, **options: ask_app(app, *arguments, **options)


@pytest.fixture
def pulled(send: Ask, registry: FakeRegistry) -> str:
    """Pull an image; return the digest of its manifest."""
    digest = registry.add("team/app", "1", ONE)
    assert send(f"/images/create?fromImage={NAME}&tag=1", "POST").status == 200
    registry.requests.clear()
    return digest


def tag(send: Ask, repository: str, new: str) -> None:
    target = f"/images/{NAME}:1/tag?repo={repository}&tag={new}"
    assert send(target, "POST").status == 201


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.splitlines()]


def layer_line(status: str) -> dict[str, Any]:
    return {"status": status, "progressDetail": {}, "id": DIFF_ID[7:19]}


def sent(registry: FakeRegistry) -> list[str]:
    return [each.method for each in registry.requests if each.method not in {"GET", "HEAD"}]


def failure(answer: Any) -> str:
    """Return the error that a response ends with."""
    text: str = lines(answer)[-1]["error"]
    return text


class TestWhatWasPulled:
    def test_a_new_tag_gets_a_manifest_of_the_same_layers(
        self, send: Ask, registry: FakeRegistry, store: ImageStore, pulled: str
    ) -> None:
        assert pulled
        tag(send, NAME, "2")
        answer = send(f"/v1.51/images/{NAME}/push?tag=2", "POST")
        [image] = store.images()
        raw = DOCKER_MANIFEST_TEXT.format(len(image.config or b""), image.id, len(ONE), sha256(ONE))
        digest = sha256(raw.encode())
        assert lines(answer) == [
            {"status": f"The push refers to repository [{NAME}]"},
            layer_line("Preparing"),
            layer_line("Layer already exists"),
            {"status": f"2: digest: {digest} size: {len(raw)}"},
            {"progressDetail": {}, "aux": {"Tag": "2", "Digest": digest, "Size": len(raw)}},
        ]
        assert registry.documents["team/app/manifests/2"] == (DOCKER_MANIFEST, raw.encode())
        assert sent(registry) == ["PUT"]
        with store.snapshot() as snapshot:
            _, event = snapshot.events()[-1]
        assert (event.action, event.actor) == ("push", f"{NAME}:2")
        assert event.attributes == {"stage": "test", "name": NAME}

    def test_another_repository_gets_its_layers_from_there(
        self, send: Ask, registry: FakeRegistry, store: ImageStore, pulled: str
    ) -> None:
        other = f"{HOST}/other/app"
        tag(send, other, "9")
        [image] = store.images()
        registry.mountable.add(("team/app", sha256(ONE)))
        registry.lacking |= {("other/app", sha256(ONE)), ("other/app", image.id)}
        told = lines(send(f"/v1.51/images/{other}/push?tag=9", "POST"))
        assert layer_line("Mounted from team/app") in told
        assert sent(registry) == ["POST", "POST", "PUT", "PUT"]
        assert registry.blobs[image.id] == image.config
        [image] = store.images()
        digest = told[-1]["aux"]["Digest"]
        assert {f"{NAME}@{pulled}", f"{other}@{digest}"} == {
            each.familiar for each in image.digests
        }

    def test_one_of_an_index_gets_its_own_manifest(self, send: Ask, registry: FakeRegistry) -> None:
        digest = registry.add("team/app", "a", ONE)
        registry.add_index("team/app", "1", {"amd64": digest})
        target = f"/images/create?fromImage={NAME}&tag=1&platform=linux/amd64"
        assert send(target, "POST").status == 200
        told = lines(send(f"/v1.51/images/{NAME}/push?tag=1", "POST"))
        pushed = json.loads(
            registry.documents[f"team/app/manifests/{told[-1]['aux']['Digest']}"][1]
        )
        known = json.loads(registry.documents[f"team/app/manifests/{digest}"][1])
        assert pushed["config"]["digest"] == known["config"]["digest"]

    def test_the_containerd_store_pushes_what_it_pulled(
        self, send_to_containerd: Ask, registry: FakeRegistry, pulled: str
    ) -> None:
        known = registry.documents["team/app/manifests/1"]
        told = lines(send_to_containerd(f"/v1.51/images/{NAME}/push?tag=1", "POST"))
        assert told[-1]["aux"]["Digest"] == pulled
        assert registry.documents["team/app/manifests/1"] == known

    def test_without_a_tag_all_are_pushed(
        self, send: Ask, registry: FakeRegistry, pulled: str
    ) -> None:
        assert pulled
        tag(send, NAME, "2")
        told = lines(send(f"/v1.51/images/{NAME}/push", "POST"))
        assert [line["aux"]["Tag"] for line in told if "aux" in line] == ["1", "2"]
        assert sent(registry) == ["PUT", "PUT"]

    def test_the_tag_may_be_in_the_path(
        self, send: Ask, registry: FakeRegistry, pulled: str
    ) -> None:
        assert pulled
        assert lines(send(f"/v1.51/images/{NAME}:1/push", "POST"))[-1]["aux"]["Tag"] == "1"
        assert sent(registry) == ["PUT"]


class TestWithoutTheManifest:
    def test_layers_that_are_there_unpacked_are_enough(
        self, send: Ask, registry: FakeRegistry, store: ImageStore, pulled: str
    ) -> None:
        assert pulled
        registry.documents.clear()
        registry.blobs[DIFF_ID] = gzip.decompress(ONE)
        told = lines(send(f"/v1.51/images/{NAME}/push?tag=1", "POST"))
        kind, raw = registry.documents["team/app/manifests/1"]
        [image] = store.images()
        manifest = json.loads(raw)
        assert kind == OCI_MANIFEST
        assert manifest["config"]["digest"] == image.id
        assert [each["digest"] for each in manifest["layers"]] == [DIFF_ID]
        assert manifest["layers"][0]["size"] == len(registry.blobs[DIFF_ID])
        assert told[-1]["aux"]["Digest"] == sha256(raw)

    @pytest.mark.parametrize("left", ["nothing", "another image", "other bytes", "no image"])
    def test_layers_that_are_not_there_are_missing(
        self, send: Ask, registry: FakeRegistry, store: ImageStore, pulled: str, left: str
    ) -> None:
        _, raw = registry.documents["team/app/manifests/1"]
        registry.documents.clear()
        place = f"team/app/manifests/{pulled}"
        if left == "another image":
            other = Reference(NAME, digest=registry.add("team/app", "x", layer(b"x")))
            [image] = store.images()
            with store.transaction() as transaction:
                transaction.add_digest(image.id, other)
        elif left == "other bytes":
            registry.documents[place] = (OCI_MANIFEST, raw + b" ")
        elif left == "no image":
            registry.documents[place] = ("text/plain", raw.replace(b"mediaType", b"x"))
        message = failure(send(f"/v1.51/images/{NAME}/push?tag=1", "POST"))
        assert message.startswith("musterd keeps no layers, and the registry does not have the")
        assert DIFF_ID in message
        assert sent(registry) == []

    @pytest.mark.parametrize("status", [202, 200])
    def test_a_mount_may_fail(
        self, send: Ask, registry: FakeRegistry, pulled: str, status: int
    ) -> None:
        assert pulled
        other = f"{HOST}/other/app"
        tag(send, other, "9")
        registry.lacking.add(("other/app", sha256(ONE)))
        if status == 200:
            registry.answer("POST", f"http://{HOST}/v2/other/app/blobs/uploads/", status)
        message = failure(send(f"/v1.51/images/{other}/push?tag=9", "POST"))
        assert sha256(ONE) in message
        assert sent(registry) == (["POST", "DELETE"] if status == 202 else ["POST"])


class TestRefusals:
    @pytest.mark.parametrize(
        ("target", "status", "message"),
        [
            (f"{HOST}/UPPER", 400, "must be lowercase"),
            (f"{NAME}/push?tag=a@b", 400, "invalid tag format"),
            ("busybox", 403, "start it with --registry docker.io"),
        ],
    )
    def test_early(self, send: Ask, target: str, status: int, message: str) -> None:
        path, _, query = target.partition("/push")
        answer = send(f"/v1.51/images/{path}/push{query}", "POST")
        assert answer.status == status
        assert message in answer.json["message"]

    @pytest.mark.parametrize(
        ("rest", "message"),
        [
            ("?tag=2", f"tag does not exist: {NAME}:2"),
            (f"@sha256:{'a' * 64}", "cannot push a digest reference"),
            ("/none?tag=1", f"An image does not exist locally with the tag: {NAME}/none"),
            ("/none", f"An image does not exist locally with the tag: {NAME}/none"),
        ],
    )
    def test_late(self, send: Ask, pulled: str, rest: str, message: str) -> None:
        assert pulled
        name, query, tag_ = rest.partition("?")
        answer = send(f"/v1.51/images/{NAME}{name}/push{query}{tag_}", "POST")
        assert failure(answer) == message

    def test_an_image_of_a_listing_has_no_layers(self, send: Ask, store: ImageStore) -> None:
        listing = [{"Id": "a" * 64, "Created": 1, "Size": 1, "RepoTags": [f"{NAME}:1"]}]
        store.put(listing_json.parse(json.dumps(listing).encode(), "it"))
        message = failure(send(f"/v1.51/images/{NAME}/push?tag=1", "POST"))
        assert "it came from a listing" in message

    def test_the_registry_may_refuse(self, send: Ask, registry: FakeRegistry, pulled: str) -> None:
        assert pulled
        body = httpx.Response(200, json=error("DENIED", "read only")).content
        registry.answer("PUT", f"http://{HOST}/v2/team/app/manifests/1", 403, body=body)
        assert failure(send(f"/v1.51/images/{NAME}/push?tag=1", "POST")) == "denied: read only"


class TestCredentials:
    def test_older_versions_need_them(self, send: Ask, pulled: str) -> None:
        assert pulled
        target = f"/v1.41/images/{NAME}/push?tag=1"
        answer = send(target, "POST")
        assert answer.status == 400
        assert answer.json["message"] == "Bad parameters and missing X-Registry-Auth: EOF"
        assert send(target, "POST", body=[b"no"]).status == 400
        assert send(target, "POST", body=[b" " * 70_000]).status == 413
        assert lines(send(target, "POST", body=[b"{}"]))[-1]["aux"]
        assert lines(send(target, "POST", headers=EMPTY_AUTH))[-1]["aux"]


def test_an_image_may_be_deleted_during_the_push(store: ImageStore, make_image: Any) -> None:
    push = Push(store, None, Reference(NAME, tag="1"), 1, as_pulled=False)  # type: ignore[arg-type]
    push._record(make_image(1), "1", f"sha256:{'a' * 64}")  # noqa: SLF001
    with store.snapshot() as snapshot:
        assert [event.action for _, event in snapshot.events()] == ["push"]
    assert store.images() == []
