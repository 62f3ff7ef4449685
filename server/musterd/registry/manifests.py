"""Manifests and indexes, in the formats of Docker (schema 2) and OCI.

OCI's image-spec 1.1, ``manifest.md`` and ``image-index.md``; distribution
``docs/spec/manifest-v2-2.md``.
"""

import hashlib
import re
from typing import NamedTuple, TypeVar

import msgspec

from musterd.archives.limits import MAX_LAYERS
from musterd.errors import NotFoundError, RegistryError
from musterd.images import platform as image_platform
from musterd.images.platform import Platform

_DOCKER = "application/vnd.docker.distribution.manifest"
_OCI = "application/vnd.oci.image"
OCI_MANIFEST = f"{_OCI}.manifest.v1+json"
OCI_INDEX = f"{_OCI}.index.v1+json"
DOCKER_MANIFEST = f"{_DOCKER}.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
MANIFESTS = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
INDEXES = frozenset({f"{_DOCKER}.list.v2+json", OCI_INDEX})
CONFIGS = frozenset({DOCKER_CONFIG, f"{_OCI}.config.v1+json"})
# What to ask a registry for.
ACCEPT = ", ".join(sorted(MANIFESTS | INDEXES))
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHOWN = 100
_T = TypeVar("_T")


class Document(NamedTuple):
    """A manifest or an index.

    Attributes:
        media_type: Its media type.
        raw: Its bytes.
    """

    media_type: str
    raw: bytes

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return sha256(self.raw)


class _PlatformOf(msgspec.Struct):
    architecture: str = ""
    os: str = ""
    variant: str = ""


class Descriptor(msgspec.Struct, rename="camel"):
    """A reference to content.

    Attributes:
        media_type: The media type of the content.
        digest: Its digest.
        size: Its size, in bytes.
        platform: What an image in an index runs on; None if unknown.
    """

    media_type: str
    digest: str
    size: int
    platform: _PlatformOf | None = None


class Manifest(msgspec.Struct):
    """The manifest of an image.

    Attributes:
        config: Refers to the config, whose digest is the image's Id.
        layers: Refer to the layers, lowest first.
    """

    config: Descriptor
    layers: list[Descriptor] = []


class _Index(msgspec.Struct):
    manifests: list[Descriptor] = []


class _Kind(msgspec.Struct, rename="camel"):
    media_type: str = ""


def media_type(header: str, raw: bytes) -> str:
    """Return the media type of a document: that of the response, or else its own member."""
    given = header.partition(";")[0].strip().lower()
    if given in MANIFESTS | INDEXES:
        return given
    try:
        return msgspec.json.decode(raw, type=_Kind).media_type or given
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return given


def parse_manifest(document: Document) -> Manifest:
    """Parse a manifest.

    Raises:
        RegistryError: It is none of an image, or refers to something by no SHA-256 digest.
    """
    if document.media_type not in MANIFESTS:
        raise RegistryError(f"unsupported media type {document.media_type[:_SHOWN]}")
    manifest = _decode(document.raw, Manifest)
    if manifest.config.media_type not in CONFIGS:
        raise RegistryError(
            f"it is no image: its config has the type {manifest.config.media_type[:_SHOWN]}"
        )
    if len(manifest.layers) > MAX_LAYERS:
        raise RegistryError(f"an image may have {MAX_LAYERS} layers, not {len(manifest.layers)}")
    for each in (manifest.config, *manifest.layers):
        _check(each)
    return manifest


def choose(index: Document, wanted: Platform) -> Descriptor:
    """Return the manifest in an index whose image runs best on a platform.

    Raises:
        NotFoundError: None does.
        RegistryError: The index is malformed.
    """
    found = [each for each in _decode(index.raw, _Index).manifests if each.platform is not None]
    place = image_platform.best([_platform(each) for each in found], wanted)
    if place is None:
        raise NotFoundError(f"no matching manifest for {wanted} in the manifest list entries")
    _check(found[place])
    return found[place]


def is_flat(document: Document) -> bool:
    """Tell whether a document is a manifest, or an index without other indexes."""
    if document.media_type not in INDEXES:
        return True
    found = _decode(document.raw, _Index).manifests
    return all(each.media_type not in INDEXES and is_digest(each.digest) for each in found)


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest that musterd can verify."""
    return _DIGEST.fullmatch(text) is not None


def sha256(raw: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _platform(descriptor: Descriptor) -> Platform:
    given = descriptor.platform or _PlatformOf()
    return Platform(given.os, given.architecture, given.variant)


def _check(descriptor: Descriptor) -> None:
    if not is_digest(descriptor.digest):
        raise RegistryError(f"{descriptor.digest[:_SHOWN]!r} is no SHA-256 digest")
    if descriptor.size < 0:
        raise RegistryError(f"{descriptor.digest} has a size of {descriptor.size}")


def _decode(raw: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryError(f"the manifest is not as it should be: {error}") from None
