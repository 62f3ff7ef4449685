"""The manifests of archives, as the containerd store keeps them."""

import gzip
import io
import json
from typing import Any

import pytest

from musterd.archives import docker_archive, manifests
from musterd.archives.limits import Limits
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.images.target import Manifest, Target
from tests.server.support import containerd
from tests.server.support.archives import (
    CONFIG,
    IMAGE_CONFIG,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    LAYER,
    Layout,
    digest,
    pack,
    saved,
)

NAME = "io.containerd.image.name"
HERE = Platform("linux", "amd64")
FOR_HERE = json.dumps({"architecture": "amd64", "os": "linux", "config": {}})
ANOTHER = json.dumps({"architecture": "arm", "os": "linux", "variant": "v7", "config": {}})


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests.platform, "of_host", lambda: HERE)


def read(data: bytes, limits: Limits | None = None) -> list[Image]:
    return docker_archive.read(io.BytesIO(data), "x.tar", limits)


def the_target(data: bytes) -> Target:
    (image,) = read(data)
    (target,) = image.targets
    return target


def test_an_archive_has_the_ids_and_sizes_of_docker() -> None:
    listed = containerd.answer("docker-29", "multi/list/manifests-digests", "1.52")
    expected = {
        image["Id"]: (
            image["Size"],
            [
                (
                    each["ID"],
                    each["Kind"],
                    each["Available"],
                    each["Size"]["Content"],
                    each["Size"]["Total"],
                    each.get("ImageData", {}).get("Platform"),
                    each.get("AttestationData", {}).get("For"),
                )
                for each in image["Manifests"]
            ],
        )
        for image in listed
    }
    found = {
        target.digest: (
            target.size,
            [
                (
                    each.descriptor.digest,
                    each.kind,
                    each.available,
                    each.content,
                    each.size,
                    each.platform,
                    each.subject,
                )
                for each in target.manifests
            ],
        )
        for image in containerd.loaded()
        for target in image.targets
    }
    assert found == expected
    assert len(found) == 29


def test_a_name_is_annotated_as_containerd_does() -> None:
    target = the_target(pack(saved(RepoTags=["a:1", "localhost:5000/b:2"])))
    assert target.names == {
        "a:1": {NAME: "docker.io/library/a:1", "org.opencontainers.image.ref.name": "1"},
        "localhost:5000/b:2": {
            NAME: "localhost:5000/b:2",
            "org.opencontainers.image.ref.name": "2",
        },
    }
    assert target.descriptor.annotations is None


def test_a_compressed_layer_has_its_own_type_and_size() -> None:
    packed = gzip.compress(LAYER, mtime=0)
    config = json.dumps({"config": {}})
    (manifest,) = the_target(pack(saved(config, [("l", packed)]))).manifests
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "digest": digest(config.encode()),
                "size": len(config),
            },
            "layers": [
                {
                    "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                    "digest": digest(packed),
                    "size": len(packed),
                }
            ],
        },
        separators=(",", ":"),
    ).encode()
    assert manifest.descriptor.digest == digest(raw)
    assert manifest.content == len(raw) + len(config) + len(packed)
    assert manifest.unpacked == 0


def test_only_images_for_this_machine_are_unpacked() -> None:
    layout = Layout()
    images = [layout.image(text.encode()) for text in (ANOTHER, FOR_HERE)]
    target = the_target(layout.tar(layout.index(*images)))
    assert [each.unpacked for each in target.manifests] == [0, 5 * 4096]
    assert target.manifests[0].platform == {"architecture": "arm", "os": "linux", "variant": "v7"}
    # The first is the catalogue's image, which has its config already.
    assert [each.config for each in target.manifests] == [None, FOR_HERE]


def test_manifests_are_read_from_the_layout_of_docker_save() -> None:
    layout = Layout()
    entries = [layout.image(annotations={NAME: "docker.io/library/a:1"})]
    path = f"blobs/{digest(CONFIG.encode()).replace(':', '/')}"
    layer = f"blobs/{digest(LAYER).replace(':', '/')}"
    entry = {"Config": path, "RepoTags": ["a:1"], "Layers": [layer]}
    other = {"Config": "d.json", "RepoTags": ["b:1"], "Layers": []}
    artifact = layout.image(b"{}", kind="application/vnd.oci.empty.v1+json")
    index = json.dumps({"manifests": [*entries, artifact]}).encode()
    members = [
        *layout.members,
        ("index.json", index),
        ("d.json", b'{"author":"d"}'),
        ("manifest.json", json.dumps([entry, other]).encode()),
    ]
    image, beside, no_image = read(pack(members))
    assert [each.digest for each in image.targets] == [entries[0]["digest"]]
    assert image.targets[0].names == {"a:1": {NAME: "docker.io/library/a:1"}}
    assert beside.targets[0].names.keys() == {"b:1"}
    assert no_image.not_image is not None


def of(layout: Layout, *layers: Any, config: Any, **more: Any) -> dict[str, Any]:
    return layout.document({"config": config, "layers": list(layers)}, IMAGE_MANIFEST, **more)


def absent(kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest(b"absent"), "size": 6}


def test_missing_content_is_not_available() -> None:
    layout = Layout()
    config = layout.blob(FOR_HERE.encode(), IMAGE_CONFIG)
    layer = "application/vnd.oci.image.layer.v1.tar"
    platform = {"architecture": "s390x", "os": "linux"}
    incomplete = of(layout, absent(layer), config=config, platform=platform)
    index = layout.index(incomplete, absent(IMAGE_MANIFEST) | {"platform": platform})
    (image,) = read(layout.tar(index))
    (target,) = image.targets
    first, second = target.manifests
    assert (first.available, first.content) == (False, incomplete["size"] + len(FOR_HERE))
    assert first.platform == platform
    assert (second.available, second.content, second.platform) == (False, 0, platform)
    assert (image.id, image.not_image) == (target.digest, "")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("manifest", "is not there, though it is named"),
        ("layer", "is not there, though it is named"),
        ("artifact", "is not an image: it has a config of type application/x"),
        ("config", "is not an image: it has a config of type None"),
    ],
)
def test_images_unsupported_by_graph_drivers_have_a_reason(kind: str, words: str) -> None:
    layout = Layout()
    config = layout.blob(FOR_HERE.encode(), IMAGE_CONFIG)
    layer = absent("application/vnd.oci.image.layer.v1.tar")
    descriptor = {
        "manifest": absent(IMAGE_MANIFEST),
        "layer": of(layout, layer, config=config),
        "artifact": of(
            layout,
            layout.blob(b"text", "text/plain"),
            config=layout.blob(b"{}", "application/x"),
            annotations={NAME: "docker.io/library/a:1"},
        ),
        "config": of(layout, config={"digest": digest(b"")}),
    }[kind]
    (image,) = read(layout.tar(descriptor))
    assert words in (image.not_image or "")
    assert image.id == descriptor["digest"]
    assert [tag.familiar for tag in image.tags] == (["a:1"] if kind == "artifact" else [])


def test_a_missing_index_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="is not there, though it is named"):
        read(Layout().tar(absent(IMAGE_INDEX)))


def test_an_attestation_refers_to_its_image() -> None:
    layout = Layout()
    image = layout.image(FOR_HERE.encode())
    notes = {"vnd.docker.reference.type": "attestation-manifest"}
    known = notes | {"vnd.docker.reference.digest": image["digest"]}
    one = layout.image(b"{}", annotations=known)
    target = the_target(layout.tar(layout.index(image, one, one | {"annotations": notes}), one))
    kinds = [(each.kind, each.subject) for each in target.manifests]
    assert kinds == [("image", None), ("attestation", image["digest"]), ("unknown", None)]


def test_a_manifest_costs_steps_in_each_index() -> None:
    layout = Layout()
    large = json.dumps({"config": {}, "author": "x" * 100_000}).encode()
    image = layout.image(large)
    entries = [
        layout.index(image, {"mediaType": IMAGE_MANIFEST, "digest": digest(b"%d" % number)})
        for number in range(400)
    ]
    with pytest.raises(ArchiveTooLargeError, match="more than 1000000 steps"):
        read(layout.tar(*entries))


def test_the_default_platform_is_that_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert manifests.platform.of_host().os == "linux"


def test_a_platform_with_invalid_types_is_empty() -> None:
    (manifest,) = the_target(pack(saved('{"os": 1, "architecture": null}'))).manifests
    assert isinstance(manifest, Manifest)
    assert (manifest.unpacked, manifest.platform) == (0, {"architecture": "", "os": ""})
