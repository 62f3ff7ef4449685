"""Push to a registry that has the layers already.

The OCI distribution specification 1.1, "Push". musterd keeps no layers, so it can give a registry
only the config and the manifest of an image. The registry must have every layer, in this repository
or in the one that the image was pulled from.

Docker with graph drivers writes a new manifest of what it pulled (moby v20.10.24
``distribution/push_v2.go:pushV2Tag``); with the containerd store it pushes the manifest that it
pulled.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode, urljoin

import msgspec

from musterd.errors import NotFoundError, RegistryError
from musterd.images import platform as image_platform
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.registry import manifests, progress
from musterd.registry.manifests import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    INDEXES,
    OCI_MANIFEST,
    Descriptor,
    Document,
    Manifest,
)
from musterd.registry.refusals import AbsentError
from musterd.registry.session import Answer, Session
from musterd.registry.source import Report

_CREATED = 201
_UNPACKED = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_OCTETS = "application/octet-stream"
_CONTENT_TYPE = "Content-Type"


class Uploader:
    """Pushes images to a repository."""

    def __init__(self, session: Session, document_size: int, *, as_pulled: bool) -> None:
        """Create an uploader.

        Args:
            session: Asks the registry about the repository.
            document_size: The most bytes of a manifest.
            as_pulled: Whether to push the manifest by which an image was pulled, rather than a new
                one of the same layers.
        """
        self._session = session
        self._document_size = document_size
        self._as_pulled = as_pulled

    async def push(self, image: Image, tag: str, report: Report) -> Document:
        """Push an image, and return its manifest.

        Args:
            image: The image, with its config and its layers.
            tag: The tag to push it to.
            report: Is told of each layer.

        Raises:
            RegistryError: The registry lacks a layer, or does not answer as it should.
            NotFoundError: The registry refuses the repository.
        """
        layers = image.layers or ()
        for layer in layers:
            await report(progress.layer("Preparing", layer.digest))
        document, origin = await self._manifest(image)
        manifest = manifests.parse_manifest(document)
        for layer, blob in zip(layers, manifest.layers, strict=True):
            status = await self._provide(blob, origin)
            await report(progress.layer(status, layer.digest))
        await self._upload_config(manifest, image.config or b"")
        await self._session.ask(
            "PUT",
            self._session.url(f"manifests/{tag}"),
            headers={_CONTENT_TYPE: document.media_type},
            body=document.raw,
        )
        return document

    async def _manifest(self, image: Image) -> tuple[Document, str]:
        """Return the manifest of an image, and the repository that has its layers.

        It is the one by which the image was pulled from this registry, or has the same layers.
        Without any, it has layers that are not compressed.
        """
        for name in self._origins(image):
            session = self._session.beside(name.full_repository.partition("/")[2])
            try:
                document = await self._known(session, name.digest or "", image)
            except (NotFoundError, RegistryError):
                # It may be gone, or not be for this client.
                continue
            if document is not None:
                found = document if self._as_pulled else _rebuilt(document)
                return found, session.repository
        return await self._new(image), self._session.repository

    def _origins(self, image: Image) -> Iterator[Reference]:
        """Yield the digests of an image in this registry, those of this repository first."""
        host = self._session.address.name
        here = f"{host}/{self._session.repository}"
        names = [each for each in image.digests if each.full_repository.startswith(f"{host}/")]
        yield from (each for each in names if each.full_repository == here)
        yield from (each for each in names if each.full_repository != here)

    async def _known(self, session: Session, digest: str, image: Image) -> Document | None:
        document = await self._document(session, digest)
        if document.media_type in INDEXES:
            wanted = image_platform.of_config(image.config)
            document = await self._document(session, manifests.choose(document, wanted).digest)
        manifest = manifests.parse_manifest(document)
        is_same = manifest.config.digest == image.id
        return document if is_same and len(manifest.layers) == len(image.layers or ()) else None

    async def _document(self, session: Session, digest: str) -> Document:
        answer = await session.ask(
            "GET",
            session.url(f"manifests/{digest}"),
            self._document_size,
            headers={"Accept": manifests.ACCEPT},
        )
        if manifests.sha256(answer.body) != digest:
            raise RegistryError(f"manifest verification failed for digest {digest}")
        kind = manifests.media_type(answer.headers.get("content-type", ""), answer.body)
        return Document(kind, answer.body)

    async def _new(self, image: Image) -> Document:
        config = image.config or b""
        layers = [await self._unpacked(layer.digest) for layer in image.layers or ()]
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _descriptor(_CONFIG, manifests.sha256(config), len(config)),
            "layers": layers,
        }
        return Document(OCI_MANIFEST, msgspec.json.encode(manifest))

    async def _unpacked(self, digest: str) -> Mapping[str, object]:
        found = await self._head(digest)
        size = "" if found is None else found.headers.get("content-length", "")
        if not size.isdecimal():
            raise _missing(digest)
        return _descriptor(_UNPACKED, digest, int(size))

    async def _provide(self, blob: Descriptor, origin: str) -> str:
        """Make sure that the repository has a layer; return what happened."""
        if await self._head(blob.digest) is not None:
            return "Layer already exists"
        query = urlencode({"mount": blob.digest, "from": origin})
        answer = await self._session.ask("POST", f"{self._session.url('blobs/uploads/')}?{query}")
        if answer.status == _CREATED:
            return f"Mounted from {origin}"
        # The registry waits for an upload in place of a mount.
        if location := answer.headers.get("location"):
            await self._session.ask("DELETE", urljoin(self._session.url(""), location))
        raise _missing(blob.digest)

    async def _upload_config(self, manifest: Manifest, config: bytes) -> None:
        digest = manifest.config.digest
        if await self._head(digest) is not None:
            return
        begun = await self._session.ask("POST", self._session.url("blobs/uploads/"))
        place = urljoin(self._session.url(""), begun.headers.get("location", ""))
        between = "&" if "?" in place else "?"
        await self._session.ask(
            "PUT",
            f"{place}{between}{urlencode({'digest': digest})}",
            headers={_CONTENT_TYPE: _OCTETS},
            body=config,
        )

    async def _head(self, digest: str) -> Answer | None:
        """Ask whether the repository has a blob; None if it does not."""
        try:
            return await self._session.ask("HEAD", self._session.url(f"blobs/{digest}"))
        except AbsentError:
            return None


def pushed(tag: str, document: Document) -> Sequence[progress.Line]:
    """Return the lines about a pushed manifest."""
    digest, size = document.digest, len(document.raw)
    return (
        progress.message(f"{tag}: digest: {digest} size: {size}"),
        {"progressDetail": {}, "aux": {"Tag": tag, "Digest": digest, "Size": size}},
    )


def _rebuilt(document: Document) -> Document:
    """Return the manifest that Docker makes of an image that it pulled, whatever it was pulled by.

    distribution v2.8.3 ``manifest/schema2/manifest.go``.
    """
    known = manifests.parse_manifest(document)
    layers = [_in_order(DOCKER_LAYER, each) for each in known.layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": _in_order(DOCKER_CONFIG, known.config),
        "layers": layers,
    }
    return Document(DOCKER_MANIFEST, json.dumps(manifest, indent=3).encode())


def _in_order(kind: str, found: Descriptor) -> Mapping[str, object]:
    """Return a descriptor with its members in Docker's order, on which the digest depends."""
    return {"mediaType": kind, "size": found.size, "digest": found.digest}


def _missing(digest: str) -> RegistryError:
    return RegistryError(
        f"musterd keeps no layers, and the registry does not have the layer {digest}: push only "
        "what was pulled from this registry, or is there already"
    )


def _descriptor(kind: str, digest: str, size: int) -> Mapping[str, object]:
    return {"mediaType": kind, "digest": digest, "size": size}
