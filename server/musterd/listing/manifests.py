"""The members `Descriptor` and `Manifests`, as responses show them.

moby v28.5.2 ``api/types/image/manifest.go``, and ``daemon/containerd/image_list.go:Images``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from musterd.images import target
from musterd.images.target import Descriptor, Manifest


class Size(msgspec.Struct, rename="pascal"):
    """The size of a manifest in bytes."""

    content: int
    total: int


class Unpacked(msgspec.Struct, rename="pascal"):
    """The size of unpacked layers in bytes."""

    unpacked: int


class ImageData(msgspec.Struct, rename="pascal"):
    """What only the manifest of an image has."""

    platform: Mapping[str, Any] | None
    size: Unpacked
    containers: Sequence[str] | None
    identity: Any = msgspec.UNSET


class AttestationData(msgspec.Struct):
    """What only the manifest of an attestation has."""

    subject: str | None = msgspec.field(name="For")


class ShownManifest(msgspec.Struct, rename="pascal"):
    """One element of `Manifests`."""

    id: str = msgspec.field(name="ID")
    descriptor: Descriptor
    available: bool
    size: Size
    kind: str
    image_data: ImageData | msgspec.UnsetType = msgspec.UNSET
    attestation_data: AttestationData | msgspec.UnsetType = msgspec.UNSET


def shown(
    manifests: Sequence[Manifest], of: Descriptor, *, identity: bool = False
) -> list[ShownManifest]:
    """Return `Manifests` as a response shows them.

    Args:
        manifests: The manifests of a target.
        of: The descriptor of the target, which stands for its only manifest, if it is one itself.
        identity: Whether to show where images come from.
    """
    return [_shown(each, of, identity=identity) for each in manifests]


def _shown(manifest: Manifest, of: Descriptor, *, identity: bool) -> ShownManifest:
    found = manifest.descriptor
    shown = ShownManifest(
        id=found.digest,
        descriptor=of if found.digest == of.digest else found,
        available=manifest.available,
        size=Size(manifest.content, manifest.size),
        kind=manifest.kind,
    )
    if manifest.kind == target.IMAGE:
        known = manifest.identity if identity and manifest.identity is not None else msgspec.UNSET
        shown.image_data = ImageData(
            manifest.platform, Unpacked(manifest.unpacked), manifest.containers, known
        )
    elif manifest.kind == target.ATTESTATION:
        shown.attestation_data = AttestationData(manifest.subject)
    return shown
