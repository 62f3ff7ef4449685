"""Changes in the style of the containerd store (seen: Docker 28.5.2)."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from musterd.app import create_app
from musterd.archives import manifests
from musterd.contract import engines
from musterd.images.image import Layer
from musterd.images.platform import Platform
from musterd.storage import catalogue
from musterd.storage.containerd import ContainerdStore
from tests.server.support import containerd
from tests.server.support.asgi import ask

MANIFEST = "sha256:d00decd6804dd25c5a357bbc2b98880f0d97290f32a3bdc5ef409006b61044d1"
BUSYBOX = "sha256:866bf5e498e931024e9747cb3b00b4bf5757a079be3991c50d4c20172244f8d5"
MID = "sha256:d653f8d8300219998a974482ace51d85755277d05b1decbd05bc1e29a1c2b55c"


def platform(text: str) -> str:
    system, processor = text.split("/")
    return quote(json.dumps({"os": system, "architecture": processor}))


class Daemon:
    def __init__(self, engine: str = "docker-28-containerd") -> None:
        self.store = catalogue.open_store(catalogue.MEMORY)
        self._app = create_app(self.store, engine=engines.find(engine))
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()
        self.store.close()

    def ask(self, target: str, method: str = "GET", body: bytes = b"", **more: Any) -> Any:
        request = ask(self._app, target, method, body=[body], **more)
        return self._loop.run_until_complete(request)

    def load(self, name: str, query: str = "") -> str:
        answer = self.ask(f"/v1.51/images/load{query}", "POST", containerd.archive(name))
        assert answer.status == 200, answer.body
        text: str = answer.body.decode()
        return text

    def delete(self, name: str, query: str = "") -> Any:
        answer = self.ask(f"/v1.51/images/{name}{query}", "DELETE")
        return answer.json if answer.status == 200 else (answer.status, answer.json["message"])

    def list(self, query: str = "") -> dict[str, Any]:
        listed = self.ask(f"/v1.51/images/json?manifests=1{query}").json
        return {(image["RepoTags"] or [image["Id"]])[0]: image for image in listed}


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setattr(manifests.platform, "of_host", lambda: Platform("linux", "amd64"))
    made = Daemon()
    yield made
    made.close()


def test_an_image_goes_with_its_last_name(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    assert daemon.delete("x:v1") == [{"Untagged": "x:v1"}]
    assert daemon.delete("866bf5e498e9") == (
        409,
        (
            "conflict: unable to delete 866bf5e498e9 (must be forced) - image is referenced in "
            "multiple repositories"
        ),
    )
    daemon.delete("x:v1v1")
    assert daemon.delete("x:v2")[1:] == [
        {"Deleted": "sha256:0f2c20ec8565afa510d7c1a2e13cc65d9a3cf5fab5847321b3024a9ec740e73a"}
    ]
    assert daemon.delete("866bf5e498e9", "?force=1") == [
        {"Untagged": "busybox:1.24"},
        {"Untagged": "busybox:latest"},
        {"Untagged": "user/tools:2"},
        {"Untagged": "localhost:5000/test/busybox:latest"},
        {"Deleted": BUSYBOX},
    ]
    assert daemon.delete(MID[7:19]) == [{"Deleted": MID}]
    assert daemon.delete(MID)[0] == 404


def test_images_with_the_same_config_go_one_by_one(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    assert len(daemon.delete("fixture/multi:two")) == 2
    listed = daemon.list()
    assert "fixture/multi:two" not in listed
    assert {"fixture/multi:three", "fixture/attested:1", "fixture/partial:1"} < set(listed)
    assert daemon.delete("fixture/artifact:1")[1]["Deleted"] == listed["fixture/artifact:1"]["Id"]


def test_a_new_name_has_the_annotations_of_the_old_one(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    for old, new in (("future:latest", "foo:1"), ("fixture/multi:three", "foo:3")):
        repo, _, tag = new.partition(":")
        answer = daemon.ask(f"/v1.51/images/{old}/tag?repo={repo}&tag={tag}", "POST")
        assert answer.status == 201
        shown = daemon.list(f"&filters={quote(json.dumps({'reference': [new]}))}")[new]
        known = daemon.list().get(old, shown)
        assert shown["Id"] == known["Id"]
        name = shown["Descriptor"]["annotations"]["io.containerd.image.name"]
        assert name.endswith(old)


def test_only_the_content_for_a_platform_is_loaded(daemon: Daemon) -> None:
    text = daemon.load("multi", f"?platform={platform('linux/arm64')}")
    assert (
        "images [fixture/attested:1, fixture/partial:1, fixture/zstd:1, fixture/plain:1, "
        "fixture/artifact:1] were loaded, but don't provide the requested platform (linux/arm64)"
    ) in text
    listed = daemon.list()
    sizes = {name: image["Size"] for name, image in listed.items()}
    assert sizes == {
        "fixture/multi:two": 1871,
        "fixture/multi:three": 1871,
        "fixture/attested:1": 0,
        "fixture/partial:1": 0,
        "fixture/foreign:1": 1871,
        "fixture/zstd:1": 876,
        "fixture/plain:1": 51939,
        "fixture/artifact:1": 438,
    }
    assert listed["fixture/partial:1"]["RepoDigests"] == [listed["fixture/partial:1"]["Id"]]


def test_an_archive_without_the_content_for_a_platform_is_refused(daemon: Daemon) -> None:
    text = daemon.load("multi", f"?platform={platform('linux/s390x')}")
    assert "requested platform (linux/s390x) found, but some content is missing" in text
    assert daemon.list() == {}
    # Images with the platform, and nothing else to say.
    assert "don't provide" not in daemon.load("fixtures", f"?platform={platform('linux/amd64')}")


def test_the_content_for_a_platform_can_be_deleted(daemon: Daemon, make_image: Any) -> None:
    daemon.store.put([*containerd.loaded(), make_image(1)])
    name = "fixture/multi:three"
    amd, s390x = (f"?platforms={platform(text)}" for text in ("linux/amd64", "linux/s390x"))
    status, message = daemon.delete(name, amd)
    assert (status, message[:20]) == (400, "Content will be remo")
    status, message = daemon.delete(name, f"{s390x}&force=1")
    assert status == 404
    assert message.startswith("failed to delete platform linux/s390x for image sha256:9310949b")
    assert daemon.delete(name, f"{amd}&force=1") == [{"Deleted": MANIFEST}]
    image = daemon.list()[name]
    assert (image["Size"], image["Labels"]["arch"]) == (2728, "windows")
    assert [each["Available"] for each in image["Manifests"]] == [False, False, True]
    assert [each["Size"]["Content"] for each in image["Manifests"]] == [0, 1768, 960]


def test_an_image_of_unknown_content_has_no_platform_to_delete(
    daemon: Daemon, make_image: Any
) -> None:
    daemon.store.put([make_image(1, tags=["a:1"])])
    assert daemon.delete("a:1", f"?platforms={platform('linux/amd64')}&force=1")[0] == 404
    assert daemon.ask("/v1.51/images/a:1/json").json["RepoDigests"][0].startswith("a@sha256:")
    assert daemon.ask("/v1.51/images/a:1/tag?repo=b", "POST").status == 201
    assert daemon.ask(f"/v1.51/images/a:1/json?platform={platform('linux/s390x')}").status == 404


def test_unused_images_are_pruned(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    report = daemon.ask("/v1.51/images/prune", "POST").json
    assert {"Deleted": MID} in report["ImagesDeleted"]
    every = quote(json.dumps({"dangling": ["false"]}))
    daemon.ask(f"/v1.51/images/prune?filters={every}", "POST")
    assert daemon.list() == {}


def test_parents_of_an_imported_listing_are_pruned_with_their_child(
    daemon: Daemon, make_image: Any
) -> None:
    from musterd.archives import listing_json  # noqa: PLC0415

    def listed(number: int, **more: Any) -> dict[str, Any]:
        digest = f"sha256:{number:064x}"
        descriptor = {"mediaType": "m", "digest": digest, "size": 1}
        return {"Id": digest, "Created": 1, "Size": 1, "Descriptor": descriptor, **more}

    parent, child = listed(1), listed(2, ParentId=make_image(1).id, RepoTags=["a:1"])
    daemon.store.put(listing_json.parse(json.dumps([parent, child]).encode(), "x"))
    assert daemon.list("&all=1").keys() == {"a:1", make_image(1).id}
    assert daemon.list().keys() == {"a:1"}
    assert daemon.delete(make_image(1).id)[0] == 409
    assert daemon.delete("a:1")[1:] == [
        {"Deleted": make_image(2).id},
        {"Deleted": make_image(1).id},
    ]


def test_other_questions_about_images_are_answered(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    assert daemon.ask("/v1.51/info").json["Images"] == 36
    steps = daemon.ask("/v1.51/images/fixture/multi:two/history").json
    assert [step["CreatedBy"] for step in steps] == ["layer 1", "layer 0"]
    used = daemon.ask("/v1.51/system/df").json
    assert len(used["Images"]) == 29
    found = daemon.ask(f"/v1.51/images/user/tools@{BUSYBOX}/json").json
    assert found["Id"] == BUSYBOX
    assert daemon.ask("/v1.51/events?since=1&until=2").status == 200
    other = Daemon("docker-29-containerd")
    other.store.put(containerd.loaded())
    assert other.ask("/v1.51/info").json["Images"] == 29
    other.close()


def test_a_write_leaves_what_was_rendered_of_other_images(daemon: Daemon, make_image: Any) -> None:
    """More than a hundred images are not cached at the first query after a write."""
    images = [make_image(number, tags=[f"a:{number}"]) for number in range(150)]
    daemon.store.put(images)
    for version in ("1.24", "1.42", "1.43", "1.44", "1.48"):
        daemon.store.put([replace(images[0], size=7, virtual_size=len(version))])
        assert len(daemon.ask(f"/v{version}/images/json").json) == 150
    daemon.store.put([replace(images[0], virtual_size=99)])
    listed = {each["Id"]: each for each in daemon.ask("/v1.48/images/json").json}
    assert (listed[images[0].id]["Size"], listed[images[1].id]["Size"]) == (99, 10)


def test_a_platform_of_an_image_without_manifests_is_its_own(daemon: Daemon) -> None:
    daemon.store.put(containerd.loaded())
    query = f"?platform={platform('linux/amd64')}"
    shown = daemon.ask(f"/v1.51/images/app:v1/json{query}").json
    assert shown["Id"] == shown["Descriptor"]["digest"]
    assert len(daemon.ask("/v1.51/images/app:v1/history").json) == 3


def test_layers_that_nobody_knows_are_not_shown(daemon: Daemon, make_image: Any) -> None:
    layers = (Layer("sha256:1", 5),)
    daemon.store.put([make_image(1, tags=["a:1"], layers=layers)])
    store = ContainerdStore(daemon.store, old=True)
    with store.snapshot() as snapshot:
        assert snapshot.layers(make_image(1).id) == layers


def test_a_graph_drivers_image_is_inspected_for_its_platform(make_image: Any) -> None:
    config = b'{"os":"linux","architecture":"amd64"}'
    other = Daemon("docker-28")
    other.store.put([make_image(1, tags=["a:1"], config=config)])
    query = f"?platform={platform('linux/amd64')}"
    assert other.ask(f"/v1.51/images/a:1/json{query}").json["Id"] == make_image(1).id
    other.close()
