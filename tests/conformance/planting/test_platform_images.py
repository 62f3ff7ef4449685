from __future__ import annotations

import json
from typing import Any

import pytest

from muster.planting.docker_archive import RUN_LABEL, Archive
from muster.planting.fixtures import Origin
from muster.planting.oci_layout import CONFIG, INDEX
from muster.planting.platform_images import IMAGE_LABEL, PLATFORM_LABEL, build

from .test_oci_layout import read

ARCHIVES = {archive.images[0].key: archive for archive in build("run")}
EVERY = pytest.mark.parametrize("archive", ARCHIVES.values(), ids=[*ARCHIVES])


def blobs(archive: Archive) -> dict[str, bytes]:
    return {f"sha256:{name.rpartition('/')[2]}": data for name, data in read(archive.data).items()}


def manifests(archive: Archive) -> list[dict[str, Any]]:
    """Return the descriptors of the manifests of an image."""
    there = blobs(archive)
    (top,) = json.loads(read(archive.data)["index.json"])["manifests"]
    assert top["digest"] == archive.images[0].id
    if top["mediaType"] != INDEX:
        return [top]
    found: list[dict[str, Any]] = json.loads(there[top["digest"]])["manifests"]
    return found


def test_the_run_determines_the_archives() -> None:
    assert build("run") == build("run")
    ids = {image.id for archive in (*build("run"), *build("other")) for image in archive.images}
    assert len(ids) == 2 * len(ARCHIVES)


@EVERY
def test_an_archive_has_one_image_under_the_namespace_of_the_run(archive: Archive) -> None:
    (image,) = archive.images

    assert image.tags == (f"muster.test/run/{image.key}:1",)
    assert image.tags[0].startswith(archive.namespaces())
    assert image.origin is Origin.PLATFORMS
    (top,) = json.loads(read(archive.data)["index.json"])["manifests"]
    assert {*top["annotations"].values()} == {*image.tags}


@EVERY
def test_the_expected_manifests_match_the_archive(archive: Archive) -> None:
    there = blobs(archive)
    for descriptor, wanted in zip(manifests(archive), archive.images[0].manifests, strict=True):
        assert descriptor["digest"] == wanted.id
        assert descriptor["size"] == wanted.size
        if wanted.id not in there:
            assert (wanted.available, wanted.content) == (False, 0)
            continue
        manifest = json.loads(there[wanted.id])
        children = [manifest["config"], *manifest["layers"]]
        sizes = {each["digest"]: each["size"] for each in children if each["digest"] in there}
        assert wanted.content == wanted.size + sum(sizes.values())
        assert wanted.available == (sizes.keys() == {each["digest"] for each in children})
        assert all(len(there[digest]) == size for digest, size in sizes.items())


@EVERY
def test_alternative_ids_are_config_or_manifest_digests(
    archive: Archive,
) -> None:
    (image,) = archive.images
    configs = {
        json.loads(data)["config"]["digest"]
        for data in blobs(archive).values()
        if data.startswith(b"{") and b'"layers"' in data and CONFIG.encode() in data
    }

    assert all(
        each in configs or each in blobs(archive) or image.key == "partial"
        for each in image.other_ids
    )
    assert all(
        b"run" in blobs(archive).get(each, b"run") for each in image.other_ids if each in configs
    )


def test_variants_of_an_image_differ_in_labels_date_and_platform() -> None:
    amd64, arm64 = ARCHIVES["variants"].images[0].manifests

    assert amd64.labels == {PLATFORM_LABEL: "amd64", IMAGE_LABEL: "variants", RUN_LABEL: "run"}
    assert arm64.labels == amd64.labels | {PLATFORM_LABEL: "arm64"}
    assert amd64.created != arm64.created
    assert amd64.platform == {"architecture": "amd64", "os": "linux"}
    assert arm64.platform == {"architecture": "arm64", "os": "linux", "variant": "v8"}


def test_an_attestation_refers_to_its_sibling_image() -> None:
    image, attestation = ARCHIVES["attested"].images[0].manifests

    assert (image.kind, attestation.kind) == ("image", "attestation")
    assert attestation.attested == image.id
    descriptor = manifests(ARCHIVES["attested"])[1]
    assert descriptor["annotations"]["vnd.docker.reference.digest"] == image.id


def test_one_image_lacks_a_variant_and_another_a_layer() -> None:
    partial, torn = (ARCHIVES[key].images[0].manifests[1] for key in ("partial", "torn"))

    assert (partial.available, partial.content) == (False, 0)
    assert not torn.available
    assert torn.content > torn.size


def test_layers_use_three_compressions() -> None:
    def media_type(key: str) -> str:
        first = blobs(ARCHIVES[key])[ARCHIVES[key].images[0].manifests[0].id]
        (layer,) = json.loads(first)["layers"]
        return str(layer["mediaType"]).removeprefix("application/vnd.oci.image.layer.v1.")

    kinds = {key: media_type(key) for key in ("variants", "zstd", "plain")}
    assert kinds == {"variants": "tar+gzip", "zstd": "tar+zstd", "plain": "tar"}


def test_an_artifact_is_not_an_image() -> None:
    (image,) = ARCHIVES["artifact"].images
    (manifest,) = image.manifests

    assert (manifest.kind, image.labels, image.created, image.other_ids) == (
        "unknown",
        {},
        None,
        (),
    )
    assert json.loads(blobs(ARCHIVES["artifact"])[image.id])["artifactType"]
