"""OCI image layouts: ``index.json`` refers to manifests, and these to configs and layers.

OCI's image-spec 1.1, ``image-layout.md``. As with Docker's graph drivers, an image's Id is the
digest of its config, and it has one platform; what the containerd store has of it is its target.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec.structs import replace

from musterd.archives import image_config
from musterd.archives.contents import Contents
from musterd.archives.image_config import ImageReader
from musterd.archives.limits import Budget, Cost
from musterd.archives.manifests import Found, ManifestReader
from musterd.errors import ArchiveError
from musterd.images import reference, target
from musterd.images.image import NEVER, Image
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Target

# The entry point of a layout.
INDEX = "index.json"

# The depth of nested indexes; real layouts have at most two.
_DEEPEST = 8
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
# Annotations with an image's name: containerd and Docker write the full name to the first, and
# skopeo and buildah write a name or just a tag to the second.
_NAMES = (target.IMAGE_NAME, target.REF_NAME)
_ATTESTATION = "vnd.docker.reference.type"


class _Platform(msgspec.Struct, omit_defaults=True):
    """A platform, as written; its other members are ignored, as by Go."""

    architecture: str | msgspec.UnsetType | None = msgspec.UNSET
    os: str | msgspec.UnsetType | None = msgspec.UNSET
    os_version: str | msgspec.UnsetType | None = msgspec.field(
        name="os.version", default=msgspec.UNSET
    )
    os_features: list[str] | msgspec.UnsetType | None = msgspec.field(
        name="os.features", default=msgspec.UNSET
    )
    variant: str | msgspec.UnsetType | None = msgspec.UNSET


class _Descriptor(msgspec.Struct, rename="camel"):
    """A reference to a file, as written."""

    digest: str
    media_type: str | None = None
    # As in Go, and in the catalogue.
    size: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] = 0
    annotations: dict[str, str] | None = None
    platform: _Platform | None = None

    def value(self) -> Descriptor:
        """Return it as the catalogue keeps it."""
        known = self.platform
        return Descriptor(
            media_type=self.media_type or _MANIFEST,
            digest=self.digest,
            size=self.size,
            annotations=self.annotations,
            platform=None if known is None else msgspec.to_builtins(known),
        )


class _Index(msgspec.Struct):
    """An index."""

    manifests: list[_Descriptor] | None = None


def images(contents: Contents) -> list[Image]:
    """Read what is in ``index.json``, with the names that it has there.

    Raises:
        ArchiveError: A file is missing or invalid.
    """
    layout = _Layout(contents)
    index = image_config.decode(contents.document(INDEX).raw, _Index, contents.name, INDEX)
    found = (
        layout.named(descriptor)
        for descriptor in index.manifests or ()
        if _ATTESTATION not in (descriptor.annotations or {})
    )
    return [image for image in found if image is not None]


class _Layout:
    """Resolve digests, and read each file only once."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._reader = ImageReader(contents)
        self._manifests = ManifestReader(contents, self._reader)
        # By path of an index.
        self._indexes: dict[str, list[Found]] = {}
        # By digest of a manifest.
        self._images: dict[str, Image] = {}

    def named(self, descriptor: _Descriptor) -> Image | None:
        """Return what an entry of ``index.json`` refers to; None if that is nothing."""
        found = self._leaves(descriptor, _DEEPEST)
        if not found:
            return None
        tags = _tags(descriptor, self._contents.budget)
        one = Target(
            descriptor=descriptor.value(),
            names={tag.familiar: descriptor.annotations for tag in tags},
            manifests=tuple(each.manifest for each in found),
        )
        image = self._image(found, one)
        # The catalogue's image has its config already.
        kept = (
            replace(each, config=None) if each.image == image.id else each for each in one.manifests
        )
        return replace(image, tags=tags, targets=(replace(one, manifests=tuple(kept)),))

    def _leaves(self, descriptor: _Descriptor, depth: int) -> list[Found]:
        """Follow indexes to manifests."""
        budget = self._contents.budget
        budget.spend(Cost.REFERENCE)
        if descriptor.media_type not in _INDEXES:
            return [self._manifests.read(descriptor.value())]
        path = self._manifests.path(descriptor.digest)
        if path not in self._indexes:
            self._indexes[path] = self._index(path, depth)
        budget.spend(Cost.REFERENCE, len(self._indexes[path]))
        return self._indexes[path]

    def _index(self, path: str, depth: int) -> list[Found]:
        if not depth:
            raise ArchiveError(f"{self._contents.name}: {INDEX} leads through too many indexes")
        raw = self._contents.document(path).raw
        index = image_config.decode(raw, _Index, self._contents.name, path)
        return [found for each in index.manifests or () for found in self._leaves(each, depth - 1)]

    def _image(self, found: list[Found], one: Target) -> Image:
        """Return the first image that is there, as graph drivers have it, or what stands for none.

        Layouts may omit the images for other platforms. Attestations are not images.
        """
        for each in found:
            if each.image is not None and each.manifest.kind == target.IMAGE:
                return self._read(each.manifest.descriptor.digest, *each.image)
        is_alone = len(found) == 1 and found[0].manifest.descriptor.digest == one.digest
        return Image(
            id=one.digest,
            parent=None,
            created=NEVER,
            size=one.size,
            virtual_size=one.size,
            labels=None,
            has_config=False,
            not_image=(found[0].problem or "") if is_alone else "",
        )

    def _read(self, digest: str, config: str, layers: Sequence[str]) -> Image:
        self._contents.budget.spend(Cost.IMAGE)
        if digest not in self._images:
            self._images[digest] = self._reader.image(config, layers)
        return self._images[digest]


def _tags(descriptor: _Descriptor, budget: Budget) -> tuple[Reference, ...]:
    """Return the name in the index; a tag without a repository is not a name."""
    budget.spend(Cost.TAG)
    annotations = descriptor.annotations or {}
    text = next((annotations[key] for key in _NAMES if key in annotations), "")
    try:
        name = reference.parse(text)
    except reference.InvalidReferenceError:
        return ()
    return () if name.tag is None else (name,)
