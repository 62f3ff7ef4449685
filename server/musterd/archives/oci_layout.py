"""OCI image layouts: ``index.json`` refers to manifests, and these to configs and layers.

OCI's image-spec 1.1, ``image-layout.md``. As with Docker's graph drivers, an image's Id is the
digest of its config, and it has one platform.
"""

import re

import msgspec
from msgspec.structs import replace

from musterd.archives import image_config
from musterd.archives.contents import Contents
from musterd.archives.image_config import ImageReader
from musterd.archives.limits import Budget, Cost
from musterd.errors import ArchiveError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.reference import Reference

# The entry point of a layout.
INDEX = "index.json"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# The depth of nested indexes; real layouts have at most two.
_DEEPEST = 8
_INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
# Annotations with an image's name: containerd and Docker write the full name to the first, and
# skopeo and buildah write a name or just a tag to the second.
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_ATTESTATION = "vnd.docker.reference.type"


class _Descriptor(msgspec.Struct, rename="camel"):
    """A reference to a file."""

    digest: str
    media_type: str | None = None
    annotations: dict[str, str] | None = None


class _Manifest(msgspec.Struct):
    """A manifest."""

    config: _Descriptor
    layers: list[_Descriptor] | None = None


class _Index(msgspec.Struct):
    """An index."""

    manifests: list[_Descriptor] | None = None


def images(contents: Contents) -> list[Image]:
    """Read the images in ``index.json``, with the names they have there.

    Raises:
        ArchiveError: A file is missing or invalid.
    """
    layout = _Layout(contents)
    index = image_config.decode(contents.document(INDEX).raw, _Index, contents.name, INDEX)
    return [
        replace(layout.image(manifest), tags=_tags(descriptor, contents.budget))
        for descriptor in index.manifests or ()
        if (manifest := layout.manifest(descriptor, _DEEPEST)) is not None
    ]


class _Layout:
    """Resolve digests, and read each file only once."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._reader = ImageReader(contents)
        # By path of an index: the manifest of its first image.
        self._manifests: dict[str, _Descriptor | None] = {}
        # By path of a manifest.
        self._images: dict[str, Image] = {}

    def manifest(self, descriptor: _Descriptor, depth: int) -> _Descriptor | None:
        """Follow indexes to the first existing manifest of an image; None if there is none.

        Layouts may omit the images for other platforms. Attestations are not images.
        """
        self._contents.budget.spend(Cost.REFERENCE)
        if _ATTESTATION in (descriptor.annotations or {}):
            return None
        if descriptor.media_type not in _INDEXES:
            return descriptor
        path = self._path(descriptor)
        if path not in self._manifests:
            self._manifests[path] = self._first_manifest(path, depth)
        return self._manifests[path]

    def _first_manifest(self, path: str, depth: int) -> _Descriptor | None:
        if not depth:
            raise ArchiveError(f"{self._contents.name}: {INDEX} leads through too many indexes")
        raw = self._contents.document(path).raw
        index = image_config.decode(raw, _Index, self._contents.name, path)
        candidates = (
            self.manifest(each, depth - 1)
            for each in index.manifests or ()
            if self._contents.has(self._path(each))
        )
        return next((found for found in candidates if found is not None), None)

    def image(self, descriptor: _Descriptor) -> Image:
        """Return the image whose manifest is at *descriptor*."""
        self._contents.budget.spend(Cost.IMAGE)
        path = self._path(descriptor)
        if path not in self._images:
            self._images[path] = self._image(path)
        return self._images[path]

    def _image(self, path: str) -> Image:
        contents = self._contents
        raw = contents.document(path).raw
        manifest = image_config.decode(raw, _Manifest, contents.name, path)
        if manifest.config.media_type not in _CONFIGS:
            kind = str(manifest.config.media_type)[:100]
            raise ArchiveError(
                f"{contents.name}: {path} is no image: it has a config of type {kind}"
            )
        layers = [self._path(layer) for layer in manifest.layers or ()]
        return self._reader.image(self._path(manifest.config), layers)

    def _path(self, descriptor: _Descriptor) -> str:
        self._contents.budget.spend(Cost.REFERENCE)
        if _DIGEST.fullmatch(descriptor.digest) is None:
            raise ArchiveError(
                f"{self._contents.name}: {descriptor.digest[:100]} is no SHA-256 digest, and no "
                "other is read"
            )
        return f"blobs/{descriptor.digest.replace(':', '/')}"


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
