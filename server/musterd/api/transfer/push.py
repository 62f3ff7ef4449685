"""One push: from the catalogue to a registry.

moby v20.10.24 ``api/server/router/image/image_routes.go:postImagesPush`` and
``distribution/push.go``.
"""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from anyio import to_thread
from msgspec.structs import replace

from musterd.api.events import image_events
from musterd.errors import BadRequestError, ConflictError, NotFoundError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.image_id import ImageId
from musterd.images.reference import InvalidReferenceError, Reference
from musterd.listing.lookup import ImageName
from musterd.registry import progress
from musterd.registry.source import Report
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore

if TYPE_CHECKING:
    from musterd.registry.session import Session

_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")


def push_name(text: str, tag: str) -> Reference:
    """Return the name of the image to push; without a tag, it means all tags.

    Args:
        text: The name in the path.
        tag: The parameter `tag`, which takes precedence; empty for none.

    Raises:
        BadRequestError: The result is no name.
    """
    try:
        name = reference.parse(text)
    except InvalidReferenceError as error:
        raise BadRequestError(str(error)) from None
    if tag and _TAG.fullmatch(tag) is None:
        raise BadRequestError("invalid tag format")
    return Reference(name.repository, tag=tag) if tag else name


class Push:
    """A push, which tells everything in its response."""

    def __init__(
        self,
        store: ImageStore,
        session: "Session",
        name: Reference,
        document_size: int,
        *,
        as_pulled: bool,
    ) -> None:
        """Create a push.

        Args:
            store: The account's images.
            session: Asks the registry.
            name: The name to push; without a tag, it means all tags.
            document_size: The most bytes of a manifest.
            as_pulled: Whether to push the manifest by which an image was pulled.
        """
        self._store = store
        self._session = session
        self._name = name
        self._document_size = document_size
        self._as_pulled = as_pulled

    async def run(self, report: Report) -> None:
        """Push the images, and report on it.

        Raises:
            RequestError: There is no such image, or the registry does not take it.
        """
        # Slow to import, and not needed by most servers.
        from musterd.registry.upload import Uploader, pushed  # noqa: PLC0415

        name = self._name
        full = name.full_repository
        await report(progress.message(f"The push refers to repository [{full}]"))
        if name.digest is not None:
            raise BadRequestError("cannot push a digest reference")
        uploader = Uploader(self._session, self._document_size, as_pulled=self._as_pulled)
        for tag, image in await to_thread.run_sync(self._images):
            document = await uploader.push(image, tag, report)
            await to_thread.run_sync(self._record, image, tag, document.digest)
            for line in pushed(tag, document):
                await report(line)

    def _images(self) -> Sequence[tuple[str, Image]]:
        """Return the images to push, with their tags."""
        with self._store.snapshot() as snapshot:
            found = self._found(snapshot)
            if not found:
                raise self._unknown(snapshot)
            return [(tag, _whole(image, snapshot)) for tag, image in found]

    def _found(self, snapshot: Snapshot) -> Sequence[tuple[str, Image]]:
        if self._name.tag is None:
            return sorted(self._tagged(snapshot), key=itemgetter(0))
        image = snapshot.find(ImageName.of_reference(self._name))
        return [] if image is None else [(self._name.tag, image)]

    def _tagged(self, snapshot: Snapshot) -> Iterator[tuple[str, Image]]:
        for image in snapshot.all():
            for name in image.tags:
                if name.repository == self._name.repository:
                    yield name.tag or "", image

    def _unknown(self, snapshot: Snapshot) -> NotFoundError:
        if any(self._tagged(snapshot)):
            return NotFoundError(f"tag does not exist: {self._name.familiar}")
        return NotFoundError(
            f"An image does not exist locally with the tag: {self._name.repository}"
        )

    def _record(self, image: Image, tag: str, digest: str) -> None:
        name = Reference(self._name.repository, tag=tag)
        with self._store.transaction() as transaction:
            # It may have been deleted meanwhile.
            stored = transaction.find(ImageName.of_id(ImageId.of(image.id)))
            if stored is not None:
                transaction.add_digest(stored, Reference(name.repository, digest=digest))
            transaction.record(
                image_events.about("push", name.familiar, image.labels or {}, name.repository)
            )


def _whole(image: Image, snapshot: Snapshot) -> Image:
    """Return an image with its config and its layers.

    Raises:
        ConflictError: It came from a listing, which has neither.
    """
    whole = replace(image, config=snapshot.config(image.id), layers=snapshot.layers(image.id))
    if whole.config is None or whole.layers is None:
        raise ConflictError(
            f"musterd knows neither the config nor the layers of {image.id}, so it cannot push it: "
            "it came from a listing"
        )
    return whole
