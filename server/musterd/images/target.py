"""What Docker's containerd store knows of an image: an index or a manifest, and what it refers to.

A name in that store points to a *target*: the index of an image for several platforms, or the
manifest of one for a single platform. Ids there are digests of targets, where graph drivers have
digests of configs. The members have the names of OCI's image-spec 1.1 (``descriptor.md``) and of
moby v28.5.2 ``api/types/image/manifest.go``.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

# The kinds of manifests that listings distinguish.
IMAGE, ATTESTATION, UNKNOWN = "image", "attestation", "unknown"

# Annotations with the name of an image, which containerd writes for a `docker save` archive.
IMAGE_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"

Annotations = Mapping[str, str]


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A reference to content.

    Attributes:
        media_type: The type of the content.
        digest: The digest of the content: ``sha256:5f70bf18...``.
        size: The size of the content in bytes.
        annotations: The annotations, if any.
        platform: The platform of the image, as written; None if the descriptor does not say it.
    """

    media_type: str
    digest: str
    size: int
    annotations: Annotations | None = None
    platform: Mapping[str, Any] | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A manifest that a target is, or refers to.

    Attributes:
        descriptor: The reference to it.
        kind: `IMAGE`, `ATTESTATION` or `UNKNOWN`.
        available: Whether the store has it and everything that it refers to.
        content: The bytes of it and of its content that the store has: the packed size.
        unpacked: The bytes of its unpacked layers; 0 if they are not unpacked.
        snapshots: The bytes of each unpacked layer, lowest first; empty if unknown.
        blobs: The digests and sizes of its config and its layers that are here, as packed.
        platform: The platform of an image, as responses show it.
        subject: The digest of the image that an attestation is for.
        containers: The Ids of its containers; None if there are none.
        image: The digest of the config of an image that is here; None if unknown.
        config: The config, if it is not the one of the catalogue's image.
        identity: What is known of the origin of an image, from an imported listing.
    """

    descriptor: Descriptor
    kind: str = IMAGE
    available: bool = True
    content: int = 0
    unpacked: int = 0
    snapshots: tuple[int, ...] = ()
    blobs: tuple[tuple[str, int], ...] = ()
    platform: Mapping[str, Any] | None = None
    subject: str | None = None
    containers: tuple[str, ...] | None = None
    image: str | None = None
    config: str | None = None
    identity: Any = None

    @property
    def size(self) -> int:
        """The bytes that it takes, packed and unpacked."""
        return self.content + self.unpacked

    def without_content(self) -> "Manifest":
        """Return it as it is when its content is not there."""
        return replace(self, available=False, content=0, unpacked=0, snapshots=(), blobs=())

    def without(self, gone: Collection[str]) -> "Manifest":
        """Return it as it is without the content that has these digests."""
        if self.descriptor.digest in gone:
            return self.without_content()
        left = tuple(blob for blob in self.blobs if blob[0] not in gone)
        if left == self.blobs:
            return self
        lost = sum(size for digest, size in self.blobs if digest in gone)
        return replace(self, available=False, content=self.content - lost, blobs=left)


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An index or a manifest that names point to.

    Attributes:
        descriptor: The reference to it.
        names: By name, the annotations of the reference that was loaded with this name.
        manifests: The manifests of the index, or the manifest alone.
        parent: The Id of the parent in the containerd store; a loaded image has none there.
        stored: When it was loaded, in nanoseconds since 1970; None if unknown.
    """

    descriptor: Descriptor
    names: Mapping[str, Annotations | None] = {}
    manifests: tuple[Manifest, ...] = ()
    parent: str | None = None
    stored: int | None = None

    @property
    def digest(self) -> str:
        """Its digest, which is the Id of the image in the containerd store."""
        return self.descriptor.digest

    @property
    def size(self) -> int:
        """The bytes of all its manifests, packed and unpacked."""
        return sum(manifest.size for manifest in self.manifests)

    def with_content(self, there: Mapping[str, Manifest]) -> "Target":
        """Return it with the content of those manifests that are there, by digest."""
        return replace(
            self,
            manifests=tuple(
                each
                if each.available or each.descriptor.digest not in there
                else replace(there[each.descriptor.digest], descriptor=each.descriptor)
                for each in self.manifests
            ),
        )

    def without(self, gone: Collection[str]) -> "Target":
        """Return it as it is without the content that has these digests."""
        return replace(self, manifests=tuple(each.without(gone) for each in self.manifests))

    def described(self, name: str | None) -> Descriptor:
        """Return the reference to it under *name*; None stands for no name."""
        if name is None or name not in self.names:
            return self.descriptor
        return replace(self.descriptor, annotations=self.names[name])


def merged(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Return the targets of one image, each once; a name belongs to the last that has it.

    Content is there if any of the same targets has it.
    """
    last: dict[str, Target] = {}
    names: dict[str, dict[str, Annotations | None]] = {}
    owners: dict[str, str] = {}
    for each in targets:
        older = last.pop(each.digest, each)
        there = {some.descriptor.digest: some for some in older.manifests if some.available}
        last[each.digest] = each.with_content(there)
        names.setdefault(each.digest, {}).update(each.names)
        owners.update(dict.fromkeys(each.names, each.digest))
    return tuple(
        replace(each, names={name: own[name] for name in own if owners[name] == each.digest})
        for each in last.values()
        for own in (names[each.digest],)
    )
