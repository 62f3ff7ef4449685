"""The manifests of an archive, as Docker's containerd store keeps them.

An OCI image layout has manifests. For an archive of `docker save` without them, containerd's
importer writes some (containerd v2.1 ``core/images/archive/importer.go:ImportIndex``); their
digests are the Ids of the images.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from musterd.archives import image_config, layer_tree
from musterd.archives.contents import Blob, Contents
from musterd.archives.image_config import ImageReader
from musterd.archives.limits import Budget, Cost
from musterd.images import platform, target
from musterd.images.config import members
from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.images.target import Descriptor, Manifest

_SAVED = "application/vnd.docker.distribution.manifest.v2+json"
_SAVED_CONFIG = "application/vnd.docker.container.image.v1+json"
_SAVED_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
_OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
_CONFIGS = frozenset({_OCI_CONFIG, _SAVED_CONFIG})
# How the types of layers begin (containerd ``core/images/mediatypes.go:IsLayerType``).
_LAYERS = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
_ATTESTATION, _SUBJECT = "vnd.docker.reference.type", "vnd.docker.reference.digest"
# The members of a platform in a config that responses show, after the system and the processor.
_OPTIONAL = ("os.version", "os.features", "variant")
# Bytes of a manifest's data that cost one step each time that an index has it.
_UNIT = 16


class _Part(msgspec.Struct, rename="camel"):
    """A reference from a manifest to a config or a layer."""

    digest: str
    media_type: str = ""


class _Document(msgspec.Struct):
    """A manifest."""

    config: _Part
    layers: list[_Part] | None = None


class Found(NamedTuple):
    """A manifest in an archive.

    Attributes:
        manifest: The manifest.
        image: The paths of the config and the layers, if it is an image that is complete.
        problem: Why graph drivers can make no image of it; None if they can.
    """

    manifest: Manifest
    image: tuple[str, Sequence[str]] | None = None
    problem: str | None = None


class ManifestReader:
    """Read manifests, each only once."""

    def __init__(self, contents: Contents, images: ImageReader) -> None:
        self._contents = contents
        self._images = images
        self._found: dict[str, Found] = {}
        self._sizes: dict[str, int] = {}

    def read(self, descriptor: Descriptor) -> Found:
        """Read the manifest that *descriptor* refers to.

        Raises:
            ArchiveError: A file is damaged or invalid.
        """
        digest = descriptor.digest
        if digest not in self._found:
            self._found[digest] = self._read(descriptor, self.path(digest))
            self._sizes[digest] = len(msgspec.json.encode(self._found[digest].manifest))
        self._contents.budget.spend(Cost.REFERENCE, 1 + self._sizes[digest] // _UNIT)
        found = self._found[digest]
        return found._replace(manifest=_described(found.manifest, descriptor))

    def path(self, digest: str) -> str:
        """Return the path of the file with this digest."""
        return image_config.blob_path(digest, self._contents)

    def _read(self, descriptor: Descriptor, path: str) -> Found:
        contents = self._contents
        if not contents.has(path):
            known = descriptor.platform or {"architecture": "", "os": ""}
            return Found(
                Manifest(descriptor=descriptor, available=False, platform=known),
                problem=_missing(path, contents.name),
            )
        raw = contents.document(path).raw
        document = image_config.decode(raw, _Document, contents.name, path)
        layers = document.layers or []
        contents.budget.check_layers(len(layers), path)
        paths = [self.path(part.digest) for part in (document.config, *layers)]
        absent = [each for each in paths if not contents.has(each)]
        blobs = [contents.blob(each) for each in paths if each not in absent]
        manifest = Manifest(
            descriptor=descriptor,
            available=not absent,
            content=len(raw) + sum(blob.size for blob in blobs),
            blobs=tuple((blob.digest, blob.size) for blob in blobs),
        )
        if layers and not any(part.media_type.startswith(_LAYERS) for part in layers):
            manifest = replace(manifest, kind=target.UNKNOWN)
        problem = _problem(document, path, absent, contents.name)
        if manifest.kind == target.UNKNOWN:
            return Found(manifest, problem=problem)
        if problem is not None:
            # What is known of the image is what the index says.
            known = descriptor.platform or {"architecture": "", "os": ""}
            return Found(replace(manifest, platform=known), problem=problem)
        return Found(self._image(manifest, paths[0], blobs[1:]), (paths[0], paths[1:]))

    def _image(self, manifest: Manifest, config: str, layers: Sequence[Blob]) -> Manifest:
        """Return the manifest of an image with what its config says."""
        document = self._images.config(config).document
        known = _platform(document.raw)
        snapshots = _unpacked(layers, known, self._contents.budget)
        return replace(
            manifest,
            unpacked=sum(snapshots),
            snapshots=snapshots,
            platform=known,
            image=document.digest,
            config=document.raw.decode(),
        )


def saved(contents: Contents, image: Image, config: str, layers: Sequence[str]) -> Manifest:
    """Return the manifest that containerd writes for an image of a `docker save` archive.

    Args:
        contents: The archive.
        image: The image.
        config: The path of its config.
        layers: The paths of its layers, lowest first.
    """
    size = contents.blob(config).size
    blobs = [contents.blob(each) for each in layers]
    known = [layer.digest for layer in image.layers or ()]
    raw = msgspec.json.encode(
        {
            "schemaVersion": 2,
            "mediaType": _SAVED,
            "config": {"mediaType": _SAVED_CONFIG, "digest": image.id, "size": size},
            "layers": [
                {
                    "mediaType": _SAVED_LAYER if blob.digest == diff_id else f"{_SAVED_LAYER}.gzip",
                    "digest": blob.digest,
                    "size": blob.size,
                }
                for blob, diff_id in zip(blobs, known, strict=True)
            ],
        }
    )
    shown = _platform(image.config or b"{}")
    digest = image_config.digest(raw)
    snapshots = _unpacked(blobs, shown, contents.budget)
    return Manifest(
        descriptor=Descriptor(media_type=_SAVED, digest=digest, size=len(raw)),
        content=len(raw) + size + sum(blob.size for blob in blobs),
        blobs=((image.id, size), *((blob.digest, blob.size) for blob in blobs)),
        unpacked=sum(snapshots),
        snapshots=snapshots,
        platform=shown,
        image=image.id,
    )


def _described(manifest: Manifest, descriptor: Descriptor) -> Manifest:
    """Return *manifest* as the index with this descriptor has it."""
    annotations = descriptor.annotations or {}
    if _ATTESTATION not in annotations:
        return replace(manifest, descriptor=descriptor)
    subject = annotations.get(_SUBJECT)
    return Manifest(
        descriptor=descriptor,
        kind=target.ATTESTATION if subject else target.UNKNOWN,
        available=manifest.available,
        content=manifest.content,
        blobs=manifest.blobs,
        subject=subject or None,
    )


def _problem(document: _Document, path: str, absent: Sequence[str], name: str) -> str | None:
    if document.config.media_type not in _CONFIGS:
        kind = (document.config.media_type or "None")[:100]
        return f"{name}: {path} is not an image: it has a config of type {kind}"
    return _missing(absent[0], name) if absent else None


def _missing(path: str, name: str) -> str:
    return f"{name}: {path} is not there, though it is named"


def _platform(config: bytes) -> Mapping[str, Any]:
    """Return the platform in a config, as responses show it."""
    known = members(config)
    optional = {key: known[key] for key in _OPTIONAL if known.get(key)}
    return {**{key: _text(known.get(key)) for key in ("architecture", "os")}, **optional}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unpacked(layers: Sequence[Blob], known: Mapping[str, Any], budget: Budget) -> tuple[int, ...]:
    """Return the disk space of each of unpacked layers, if they are for this machine."""
    made = Platform(*(_text(known.get(name)) for name in ("os", "architecture", "variant")))
    if not platform.runs(made, platform.of_host()):
        return ()
    return layer_tree.unpacked((blob.tree or {} for blob in layers), budget)
