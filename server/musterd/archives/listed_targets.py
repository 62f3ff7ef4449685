"""The members `Descriptor` and `Manifests` of List Images responses, and what they say of an image.

The same members are in a file to import and in a response (`musterd.listing.containerd`).
"""

from typing import Annotated, Any

import msgspec

from musterd.images import target
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Manifest, Target

_Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class ListedDescriptor(msgspec.Struct, rename="camel"):
    """A descriptor in a listing."""

    media_type: str
    digest: str
    size: _Bytes
    annotations: dict[str, str] | None = None
    platform: dict[str, Any] | None = None

    def value(self) -> Descriptor:
        """Return it as the catalogue keeps it."""
        return Descriptor(
            media_type=self.media_type,
            digest=self.digest,
            size=self.size,
            annotations=self.annotations,
            platform=self.platform,
        )


class _Size(msgspec.Struct, rename="pascal"):
    content: _Bytes = 0


class _Unpacked(msgspec.Struct, rename="pascal"):
    unpacked: _Bytes = 0


class _ImageData(msgspec.Struct, rename="pascal"):
    platform: dict[str, Any] | None = None
    size: _Unpacked | None = None
    containers: tuple[str, ...] | None = None
    identity: Any = None


class _AttestationData(msgspec.Struct):
    subject: str | None = msgspec.field(name="For", default=None)


class ListedManifest(msgspec.Struct, rename="pascal"):
    """A manifest in a listing."""

    descriptor: ListedDescriptor
    available: bool
    kind: str
    size: _Size | None = None
    image_data: _ImageData | None = None
    attestation_data: _AttestationData | None = None

    def value(self) -> Manifest:
        """Return it as the catalogue keeps it."""
        data = self.image_data or _ImageData()
        attestation = self.attestation_data or _AttestationData()
        return Manifest(
            descriptor=self.descriptor.value(),
            kind=self.kind,
            available=self.available,
            content=0 if self.size is None else self.size.content,
            unpacked=0 if data.size is None else data.size.unpacked,
            platform=data.platform,
            subject=attestation.subject,
            containers=data.containers or None,
            identity=data.identity,
        )


def listed_target(
    descriptor: ListedDescriptor,
    manifests: list[ListedManifest] | None,
    tags: tuple[Reference, ...],
    parent: str | None,
    *,
    size: int,
    is_unknown: bool,
) -> Target:
    """Return the target of a listed image.

    A listing shows the annotations under one of several names only. Those that containerd derives
    from a name are derived for each. What has a digest without a name is no image.
    """
    found = descriptor.value()
    if is_unknown and not manifests:
        only = Manifest(descriptor=found, kind=target.UNKNOWN, content=size)
        return Target(descriptor=found, manifests=(only,), parent=parent)
    derived = found.annotations in [annotations(tag) for tag in tags]
    return Target(
        descriptor=found,
        names={tag.familiar: annotations(tag) for tag in tags} if derived else {},
        manifests=tuple(manifest.value() for manifest in manifests or ()),
        parent=parent,
    )


def annotations(tag: Reference) -> dict[str, str]:
    """Return what containerd's importer notes with a name (``images/archive/importer.go``)."""
    return {target.IMAGE_NAME: tag.full, target.REF_NAME: tag.tag or ""}
