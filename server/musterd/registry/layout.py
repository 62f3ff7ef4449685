"""Write an image of a registry as an OCI image layout, in a tar archive.

So the process that reads archives can measure its layers and check all digests, within the limits
on archives, as if the image had been loaded.
"""

import tarfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import msgspec

from musterd.errors import RegistryError
from musterd.registry import manifests, progress
from musterd.registry.manifests import Descriptor, Document, Manifest, sha256
from musterd.registry.session import Session
from musterd.registry.source import Report

_BLOCK = 512
_INDEX = "index.json"
# Bytes between two reports on a layer.
_STEP = 4 * 2**20
_OCI_INDEX: Mapping[str, Any] = {"schemaVersion": 2}


async def write(  # noqa: PLR0917  # the parts of an image
    session: Session,
    documents: Sequence[Document],
    manifest: Manifest,
    config: bytes,
    new: Collection[str],
    report: Report,
) -> AsyncIterator[bytes]:
    """Yield the archive, and report on each new layer as it comes.

    Args:
        session: Where to get the layers.
        documents: What the registry has under the name, and the manifest itself; they may be the
            same.
        manifest: The parsed manifest.
        config: The config.
        new: The digests of the layers to report on.
        report: Is told of them.

    Raises:
        NotFoundError: The registry does not have a layer.
        RegistryError: A layer has another size than the manifest says, or the registry fails.
    """
    documents = documents if manifests.is_flat(documents[0]) else documents[1:]
    top = documents[0]
    reference = {"mediaType": top.media_type, "digest": top.digest, "size": len(top.raw)}
    index = msgspec.json.encode({**_OCI_INDEX, "manifests": [reference]})
    written = {_path(each.digest): each.raw for each in documents}
    for path, content in {_INDEX: index, **written, _path(sha256(config)): config}.items():
        yield _header(path, len(content))
        yield content + _padding(len(content))
    for layer in {each.digest: each for each in manifest.layers}.values():
        yield _header(_path(layer.digest), layer.size)
        about = report if layer.digest in new else _ignore
        async for piece in _blob(session, layer, about):
            yield piece
        yield _padding(layer.size)
        await about(progress.layer("Download complete", layer.digest))
    yield bytes(2 * _BLOCK)


async def _blob(session: Session, layer: Descriptor, report: Report) -> AsyncIterator[bytes]:
    """Yield the bytes of a layer, exactly as many as the manifest says."""
    received = 0
    reported = 0
    async with session.stream("GET", session.url(f"blobs/{layer.digest}")) as response:
        async for piece in response.aiter_raw():
            received += len(piece)
            if received > layer.size:
                raise _wrong_size(layer)
            if received >= reported + _STEP or received == layer.size:
                reported = received
                line = progress.transfer("Downloading", layer.digest, received, layer.size)
                await report(line)
            yield piece
    if received != layer.size:
        raise _wrong_size(layer)


async def _ignore(_line: progress.Line) -> None:
    """Do not report."""


def _wrong_size(layer: Descriptor) -> RegistryError:
    return RegistryError(
        f"the layer {layer.digest} does not have the {layer.size} bytes that the manifest says"
    )


def _header(path: str, size: int) -> bytes:
    entry = tarfile.TarInfo(path)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
