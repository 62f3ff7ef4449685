from __future__ import annotations

from typing import Any

import pytest

from muster.model.manifest import Manifest, platform_text, shown_manifests

ARM = {"os": "linux", "architecture": "arm64", "variant": "v8"}
WHOLE = {
    "ID": "sha256:a",
    "Descriptor": {"digest": "sha256:a"},
    "Available": True,
    "Size": {"Content": 10, "Total": 30},
    "Kind": "image",
    "ImageData": {"Platform": ARM, "Size": {"Unpacked": 20}, "Containers": ["c"]},
}


def one(**members: Any) -> Manifest:
    (manifest,) = shown_manifests({"Manifests": [WHOLE | members]}) or ()
    return manifest


def test_a_manifest_has_the_values_of_the_response() -> None:
    assert one() == Manifest("sha256:a", "image", True, 10, 30, 20, ARM, 1)  # noqa: FBT003
    assert one().descriptor == {"digest": "sha256:a"}
    assert one().is_variant
    assert str(one()) == "sha256:a (linux/arm64/v8)"


def test_an_attestation_has_no_platform() -> None:
    manifest = one(Kind="attestation", ImageData=None, AttestationData={"For": "sha256:b"})

    assert (manifest.attested, manifest.unpacked, manifest.containers) == ("sha256:b", 0, 0)
    assert not manifest.is_variant
    assert str(manifest) == "sha256:a (attestation)"


def test_members_of_another_type_count_as_absent() -> None:
    manifest = one(Descriptor=None, Available=1, Size=[], ImageData={"Containers": 1, "Size": 2})

    assert (manifest.available, manifest.content, manifest.total, manifest.containers) == (
        False,
        0,
        0,
        0,
    )
    assert manifest.descriptor == {}
    assert one(Size={"Content": "1", "Total": True}).content == 0


def test_an_image_without_a_platform_is_not_a_variant() -> None:
    nowhere = {"Platform": {"os": "", "architecture": ""}, "Size": {"Unpacked": 0}}
    assert not one(ImageData=nowhere).is_variant


@pytest.mark.parametrize("shown", [{}, {"Manifests": None}, {"Manifests": [1]}])
def test_invalid_manifests_are_treated_as_absent(shown: dict[str, Any]) -> None:
    assert shown_manifests(shown) is None


def test_a_platform_is_written_as_json() -> None:
    assert platform_text(ARM) == '{"architecture":"arm64","os":"linux","variant":"v8"}'
