from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest

from muster.planting.fixtures import Origin
from muster.planting.registry_images import INDEX, KINDS, PLATFORMS, Pull, RegistryImage, build

REGISTRY = "127.0.0.1:5055"
PULLED = build("run")
IMAGES = {image.key: image for image in PULLED.images(REGISTRY)}


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def got(pull: Pull) -> dict[str, Any]:
    """Return the manifest that a server gets for *pull*."""
    repository = pull.repository.removeprefix(f"{REGISTRY}/")
    document = PULLED.contents.manifests[repository, pull.reference]
    manifest: dict[str, Any] = json.loads(document.data)
    assert manifest["mediaType"] == document.media_type
    return manifest


def configs(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    blob = PULLED.contents.blobs
    for each in (manifest["config"], *manifest["layers"]):
        assert digest(blob[each["digest"]]) == each["digest"]
        assert len(blob[each["digest"]]) == each["size"]
    config = json.loads(blob[manifest["config"]["digest"]])
    (layer,) = manifest["layers"]
    assert config["rootfs"]["diff_ids"] == [digest(gzip.decompress(blob[layer["digest"]]))]
    return [config]


def test_registry_images_are_reproducible_and_unique_per_run() -> None:
    assert build("run") == PULLED
    other = build("other").images(REGISTRY)
    ids = {identifier for image in IMAGES.values() for identifier in image.ids}
    assert ids.isdisjoint(identifier for image in other for identifier in image.ids)


def test_every_name_is_in_the_namespace_of_the_run() -> None:
    space = PULLED.namespace(REGISTRY)
    assert space == "127.0.0.1:5055/muster.test/run/"
    for image in IMAGES.values():
        assert all(name.startswith(space) for name in (*image.tags, *image.digests))
        assert image.origin is Origin.PULLED
    assert all(pull.name.startswith(space) for pull in PULLED.pulls(REGISTRY))


def test_every_combination_of_tags_and_digests_has_an_image() -> None:
    ways = {key: (len(image.tags), len(image.digests)) for key, image in IMAGES.items()}
    assert ways == {
        "pulled": (1, 1),
        "twice": (2, 1),
        "apart": (2, 2),
        "platforms": (1, 1),
        "digestonly": (0, 1),
    }


def test_a_pull_gets_the_expected_image() -> None:
    names = {name: image for image in IMAGES.values() for name in (*image.tags, *image.digests)}
    pulls = PULLED.pulls(REGISTRY)
    assert len(pulls) == sum(len(image.tags) or 1 for image in IMAGES.values())
    for pull in pulls:
        image, manifest = names[pull.name], got(pull)
        if manifest["mediaType"] == INDEX:
            continue
        (config,) = configs(manifest)
        assert manifest["config"]["digest"] == image.id
        assert config["config"]["Labels"] == image.labels


def test_an_index_has_images_for_all_platforms_and_an_attestation() -> None:
    image = IMAGES["platforms"]
    (pull,) = (each for each in PULLED.pulls(REGISTRY) if each.name in image.tags)
    index = got(pull)
    ids, digests = [], []
    for each in index["manifests"]:
        manifest = got(Pull(pull.repository, each["digest"]))
        assert manifest["mediaType"] == each["mediaType"]
        if each["platform"]["os"] == "unknown":
            assert each["annotations"]["vnd.docker.reference.type"] == "attestation-manifest"
            assert manifest["layers"][0]["digest"] in PULLED.contents.blobs
            continue
        (config,) = configs(manifest)
        assert config["architecture"] == each["platform"]["architecture"]
        ids.append(manifest["config"]["digest"])
        digests.append(f"{pull.repository}@{each['digest']}")
    assert len(ids) == len(index["manifests"]) - 1 == len(PLATFORMS)
    assert tuple(ids) == image.ids
    assert tuple(digests) == image.other_digests


def test_only_an_index_has_digests_of_platforms() -> None:
    with_others = {key for key, image in IMAGES.items() if image.other_digests}
    assert with_others == {kind.key for kind in KINDS if kind.index}


@pytest.mark.parametrize(("reference", "name"), [("1", "h:5/a:1"), ("sha256:0", "h:5/a@sha256:0")])
def test_a_pull_names_a_tag_or_a_digest(reference: str, name: str) -> None:
    assert Pull("h:5/a", reference).name == name


def test_an_image_is_in_docker_or_oci_format() -> None:
    docker = RegistryImage.of("x", "2016-01-01T00:00:00Z", {})
    oci = RegistryImage.of("x", "2016-01-01T00:00:00Z", {}, oci=True)
    assert docker.id == oci.id
    assert docker.manifest.media_type.startswith("application/vnd.docker.")
    assert oci.manifest.media_type.startswith("application/vnd.oci.")
