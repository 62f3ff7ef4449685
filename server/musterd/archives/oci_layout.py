"""OCI image layouts: ``index.json`` leads to manifests, and those to configs and layers.

OCI's image-spec 1.1, ``image-layout.md``. As with Docker's graph drivers an image's Id is the
digest of its config, and it has one platform.
"""

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from musterd.archives import image_config
from musterd.archives.contents import Contents
from musterd.errors import ArchiveError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.reference import Reference

#: Where a layout begins.
INDEX = "index.json"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# An index may name others; real ones go two deep.
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
# What an image is called: the whole name, as containerd and Docker write it, or what skopeo and
# buildah do, which may be no more than a tag.
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_ATTESTATION = "vnd.docker.reference.type"


class _Descriptor(msgspec.Struct, rename="camel"):
    """What points at a file."""

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
    """Read the images that ``index.json`` names, each under its names there.

    Raises:
        ArchiveError: Something is not there, or not as it should be.
    """
    index = image_config.decode(contents.document(INDEX), _Index, contents.name, INDEX)
    return [
        replace(_image(contents, manifest), tags=_tags(descriptor))
        for descriptor in index.manifests or ()
        if (manifest := _manifest(contents, descriptor, _DEEPEST)) is not None
    ]


def _manifest(contents: Contents, descriptor: _Descriptor, depth: int) -> _Descriptor | None:
    """Follow indexes to the first manifest of an image that is there; None if there is none.

    Layouts may leave out the images for other platforms. Attestations are no images.
    """
    if _ATTESTATION in (descriptor.annotations or {}):
        return None
    if descriptor.media_type not in _INDEXES:
        return descriptor
    if not depth:
        raise ArchiveError(f"{contents.name}: {INDEX} leads through too many indexes")
    path = _path(contents, descriptor)
    index = image_config.decode(contents.document(path), _Index, contents.name, path)
    candidates: Iterator[_Descriptor | None] = (
        _manifest(contents, each, depth - 1)
        for each in index.manifests or ()
        if contents.has(_path(contents, each))
    )
    return next((found for found in candidates if found is not None), None)


def _image(contents: Contents, descriptor: _Descriptor) -> Image:
    path = _path(contents, descriptor)
    manifest = image_config.decode(contents.document(path), _Manifest, contents.name, path)
    if manifest.config.media_type not in _CONFIGS:
        kind = str(manifest.config.media_type)[:100]
        raise ArchiveError(f"{contents.name}: {path} is no image: it has a config of type {kind}")
    where = _path(contents, manifest.config)
    layers = [contents.layer(_path(contents, layer)) for layer in manifest.layers or ()]
    return image_config.parse_config(contents.document(where), layers, contents.name, where)


def _path(contents: Contents, descriptor: _Descriptor) -> str:
    if _DIGEST.fullmatch(descriptor.digest) is None:
        raise ArchiveError(
            f"{contents.name}: {descriptor.digest[:100]} is no SHA-256 digest, and no other is read"
        )
    return f"blobs/{descriptor.digest.replace(':', '/')}"


def _tags(descriptor: _Descriptor) -> tuple[Reference, ...]:
    """Return the name that the index gives; a tag without a repository is none."""
    annotations = descriptor.annotations or {}
    text = next((annotations[key] for key in _NAMES if key in annotations), "")
    try:
        name = reference.parse(text)
    except reference.InvalidReferenceError:
        return ()
    return () if name.tag is None else (name,)
