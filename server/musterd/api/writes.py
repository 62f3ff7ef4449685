"""The operations of the documents that change the catalogue."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import partial
from typing import IO

import connexion
import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from musterd.api import removal, responses
from musterd.api.query_string import truth
from musterd.api.removal import Removed, Untagged
from musterd.archives import docker_archive
from musterd.archives.limits import Limits
from musterd.archives.spool import spooled
from musterd.contract.models import ImageDelete
from musterd.contract.rules import Rules
from musterd.errors import (
    ArchiveError,
    ArchiveTooLargeError,
    BadRequestError,
    NotFoundError,
    TooLargeError,
)
from musterd.images.image import Image, Layer
from musterd.images.reference import Reference
from musterd.listing import image_name
from musterd.listing.image_name import ImageName
from musterd.storage.store import ImageStore

_ARCHIVE = "the archive"
# Archives are read by as many threads at once, so that those of the listings are left alone.
_READERS = 2
_BAR = 50
_SHORT = 12
_THOUSAND = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


class WriteOperations:
    """Loads, names and removes images in a store."""

    def __init__(self, store: ImageStore, limits: Limits | None = None) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._readers = CapacityLimiter(_READERS)

    async def image_load(self, account: str, quiet: str = "1") -> Response:
        """Load images from the archive in the request's body: all of them, or none.

        Unlike Docker's, the answer begins when all is done, so that its status says how it went.

        Raises:
            BadRequestError: The archive is not as it should be, or not there to its end.
            TooLargeError: It is more than the limits allow.
            DatabaseError: The store cannot be written.
        """
        try:
            async with spooled(_body(), self._limits.archive_size, _ARCHIVE) as file:
                return await to_thread.run_sync(
                    partial(self._load, self._store.of(account), file, quiet=truth(quiet)),
                    limiter=self._readers,
                )
        except ArchiveTooLargeError as error:
            raise TooLargeError(str(error)) from error
        except ArchiveError as error:
            raise BadRequestError(str(error)) from error

    async def image_tag(  # noqa: PLR0917  # Connexion passes them by name
        self,
        account: str,
        rules: Rules,
        name: str,
        repo: str = "",
        tag: str = "",
        force: str = "",
    ) -> Response:
        """Give an image another name, whether or not *force* says to take it from a third.

        Raises:
            BadRequestError: The old name or the new one cannot be a name.
            NotFoundError: There is no such image.
            DatabaseError: The store cannot be written.
        """
        del force
        wanted = image_name.parse(name, rules)
        await to_thread.run_sync(_tag, self._store.of(account), wanted, repo, tag)
        return Response(status_code=201)

    async def image_delete(
        self, account: str, rules: Rules, name: str, force: str = "", noprune: str = ""
    ) -> Response:
        """Remove a name, and an image with its last name.

        Raises:
            BadRequestError: The name cannot be one.
            NotFoundError: There is no such image.
            ConflictError: Others need the image, or it has several names.
            DatabaseError: The store cannot be written.
        """
        wanted = image_name.parse(name, rules)
        remove = partial(
            _delete,
            self._store.of(account),
            wanted,
            force=truth(force),
            prune=not truth(noprune),
        )
        removed = await to_thread.run_sync(remove)
        return responses.json_body(msgspec.json.encode([_record(each) for each in removed]) + b"\n")

    def _load(self, store: ImageStore, file: IO[bytes], *, quiet: bool) -> Response:
        images = docker_archive.read(file, _ARCHIVE, self._limits)
        with store.transaction() as transaction:
            new, moved = transaction.add(images)
        lines = [*(() if quiet else _layer_lines(new)), *_image_lines(images, moved)]
        encoded = [msgspec.json.encode(line) + b"\r\n" for line in lines]
        # In pieces and without a length: docker-py takes only such an answer for several objects.
        return StreamingResponse(_pieces(encoded), media_type="application/json")


def _tag(store: ImageStore, name: ImageName, repository: str, tag: str) -> None:
    with store.transaction() as transaction:
        image_id = transaction.find(name)
        if image_id is None:
            raise NotFoundError(f"No such image: {name.shown}")
        transaction.tag(image_id, image_name.parse_new(repository, tag))


def _delete(store: ImageStore, name: ImageName, *, force: bool, prune: bool) -> list[Removed]:
    with store.transaction() as transaction:
        return removal.remove(transaction, name, force=force, prune=prune)


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _body() -> AsyncIterator[bytes]:
    """Give the request's body as it comes in."""
    try:
        async for piece in connexion.request.stream():
            yield piece
    except ClientDisconnect:
        # Nobody is there to read this.
        raise BadRequestError("the client left before the end of the archive") from None


def _record(removed: Removed) -> ImageDelete:
    if isinstance(removed, Untagged):
        return ImageDelete(untagged=removed.name)
    return ImageDelete(deleted=removed.id)


def _image_lines(images: Sequence[Image], moved: dict[Reference, str]) -> Iterator[dict[str, str]]:
    """Say what was loaded, by Id only if nothing has a name (moby v20.10 ``image/tarexport``)."""
    has_names = any(image.tags for image in images)
    for image in images:
        for tag in image.tags:
            if tag in moved:
                yield {
                    "stream": f"The image {tag.familiar} already exists, renaming the old one "
                    f"with ID {moved[tag]} to empty string\n"
                }
            yield {"stream": f"Loaded image: {tag.familiar}\n"}
        if not has_names:
            yield {"stream": f"Loaded image ID: {image.id}\n"}


def _layer_lines(images: Sequence[Image]) -> Iterator[dict[str, object]]:
    """Say that the layers of *images* are there, each once, as a bar that is full."""
    layers = dict.fromkeys(layer for image in images for layer in image.layers or ())
    return map(_layer_line, layers)


def _layer_line(layer: Layer) -> dict[str, object]:
    size = _human_size(layer.size)
    return {
        "status": "Loading layer",
        "progressDetail": {"current": layer.size, "total": layer.size},
        "progress": f"[{'=' * _BAR}>]  {size}/{size}",
        "id": layer.digest.removeprefix("sha256:")[:_SHORT],
    }


def _human_size(size: float) -> str:
    """Write a size as Go's ``go-units`` does: four digits, in powers of a thousand."""
    unit = 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size /= _THOUSAND
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"
