"""Manifests and indexes are read, and refused where they are not as they should be."""

import json
from typing import Any

import pytest

from musterd.errors import NotFoundError, RegistryError
from musterd.images.platform import Platform
from musterd.registry import manifests
from musterd.registry.manifests import OCI_INDEX, OCI_MANIFEST, Document
from tests.server.support.registries import OCI

DIGEST = f"sha256:{'a' * 64}"
CONFIG = {"mediaType": f"{OCI}.config.v1+json", "digest": DIGEST, "size": 2}


def manifest(kind: str = OCI_MANIFEST, **members: Any) -> Document:
    return Document(kind, json.dumps({"config": CONFIG, **members}).encode())


def index(*platforms: str, **members: Any) -> Document:
    entries = []
    for number, text in enumerate(platforms):
        system, architecture, *variant = text.split("/")
        platform = {"os": system, "architecture": architecture, "variant": "".join(variant)}
        digest = f"sha256:{number:064x}"
        entry = {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1, "platform": platform}
        entries.append({**entry, **members})
    return Document(OCI_INDEX, json.dumps({"manifests": entries}).encode())


def test_a_manifest_names_its_config_and_layers() -> None:
    found = manifests.parse_manifest(manifest(layers=[CONFIG]))
    assert (found.config.digest, len(found.layers)) == (DIGEST, 1)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (manifest("application/json"), "unsupported media type application/json"),
        (manifest(config={**CONFIG, "mediaType": "text/plain"}), "it is no image"),
        (manifest(config={**CONFIG, "digest": "sha512:00"}), "'sha512:00' is no SHA-256 digest"),
        (manifest(config={**CONFIG, "size": -1}), "has a size of -1"),
        (manifest(layers=[{**CONFIG, "digest": "../x"}]), "is no SHA-256 digest"),
        (manifest(layers=[CONFIG] * 1001), "an image may have 1000 layers, not 1001"),
        (manifest(layers=1), "the manifest is not as it should be"),
        (Document(OCI_MANIFEST, b"[" * 100_000), "the manifest is not as it should be"),
        (Document(OCI_MANIFEST, b"\xff"), "the manifest is not as it should be"),
    ],
)
def test_a_manifest_of_anything_but_an_image_is_refused(document: Document, problem: str) -> None:
    with pytest.raises(RegistryError, match=problem):
        manifests.parse_manifest(document)


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        (Platform("linux", "amd64"), 1),
        (Platform("linux", "arm64"), 3),
        (Platform("linux", "arm", "v7"), 2),
        (Platform("linux", "aarch64"), 3),
    ],
)
def test_the_image_that_runs_best_is_chosen(wanted: Platform, place: int) -> None:
    document = index("linux/386", "linux/amd64", "linux/arm/v6", "linux/arm64")
    assert manifests.choose(document, wanted).digest == f"sha256:{place:064x}"


def test_without_an_image_for_the_platform_there_is_none() -> None:
    document = index("linux/arm64", "unknown/unknown")
    with pytest.raises(NotFoundError, match="no matching manifest for linux/amd64 in the"):
        manifests.choose(document, Platform("linux", "amd64"))


def test_entries_without_a_platform_are_never_chosen() -> None:
    document = index("linux/amd64", platform=None)
    with pytest.raises(NotFoundError):
        manifests.choose(document, Platform("linux", "amd64"))


def test_an_entry_must_have_a_digest() -> None:
    document = index("linux/amd64", digest="sha256:xyz")
    with pytest.raises(RegistryError, match="is no SHA-256 digest"):
        manifests.choose(document, Platform("linux", "amd64"))


@pytest.mark.parametrize(
    ("header", "raw", "expected"),
    [
        (f"{OCI_INDEX}; charset=utf-8", b"", OCI_INDEX),
        ("application/json", json.dumps({"mediaType": OCI_INDEX}).encode(), OCI_INDEX),
        ("text/plain", b"{}", "text/plain"),
        ("text/plain", b"no", "text/plain"),
    ],
)
def test_the_media_type_is_in_the_header_or_the_document(
    header: str, raw: bytes, expected: str
) -> None:
    assert manifests.media_type(header, raw) == expected
