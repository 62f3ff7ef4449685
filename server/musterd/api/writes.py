"""The operations that change the catalogue."""

import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from copy import copy
from functools import partial

import msgspec
from anyio import CapacityLimiter, to_thread
from msgspec.structs import replace
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from musterd.api import containerd_prune, removal, responses, variants
from musterd.api.containerd_prune import ContainerdPruneConditions
from musterd.api.current_request import current_request
from musterd.api.disconnect import unless_disconnected
from musterd.api.events import image_events
from musterd.api.load_progress import image_lines, layer_lines
from musterd.api.long_work import LongWork
from musterd.api.prune import PruneConditions, deleted_ids, prune
from musterd.api.removal import Removed, Untagged
from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.archives.spool import spooled
from musterd.contract.models import ImageDelete, PruneReport
from musterd.contract.parameters import truth
from musterd.contract.rules import Rules
from musterd.errors import (
    ArchiveError,
    ArchiveTooLargeError,
    BadRequestError,
    NewNameError,
    RefusedArchiveError,
    TooLargeError,
)
from musterd.images import platform as image_platform
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.images.reference import InvalidReferenceError, Reference
from musterd.listing import lookup
from musterd.listing.deadline import Deadline
from musterd.listing.layer_use import LayerUse
from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import Prefilter
from musterd.storage.containerd import ContainerdStore
from musterd.storage.containerd_transaction import ContainerdTransaction
from musterd.storage.store import ImageStore
from musterd.storage.transaction import Transaction

_ARCHIVE = "the archive"
# The most archives to store at a time, in threads of their own, apart from those of listings.
_LOADS = 2
# The most requests at a time that delete unused images.
_PRUNES = 1
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_ALGORITHM = "sha256"


class WriteOperations:
    """Load, tag and delete images in a store."""

    def __init__(
        self, store: ImageStore, limits: Limits | None = None, readers: ReaderPool | None = None
    ) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._readers = readers or ReaderPool()
        self._loads = CapacityLimiter(_LOADS)
        self._prunes = LongWork(_PRUNES)

    def on(self, store: ImageStore) -> "WriteOperations":
        """Return the same operations on another view of the catalogue."""
        other = copy(self)
        other._store = store  # noqa: SLF001  # a copy of itself
        return other

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """Keep a reader process ready while the application runs."""
        self._readers.prepare()
        try:
            yield
        finally:
            self._readers.close()

    async def image_load(
        self, account: str, quiet: str = "1", platform: Sequence[str] = ()
    ) -> Response:
        """Load all images of the archive in the request body, or those for a platform, or none.

        Unlike Docker's, the response starts only when all is done, so that its status shows the
        outcome.

        Raises:
            BadRequestError: *platform* is invalid or repeated, or the client has left.
            RefusedArchiveError: The archive is damaged or incomplete.
            TooLargeError: The archive exceeds the limits.
            DatabaseError: The store cannot be written.
        """
        in_containerd = isinstance(self._store, ContainerdStore)
        wanted = _only_platform(platform)
        try:
            async with spooled(_body(), self._limits.archive_size, _ARCHIVE) as file:
                images = await unless_disconnected(
                    self._readers.read(file, _ARCHIVE, self._limits), current_request().receive
                )
        except ClientDisconnect:
            # The client is gone, so nobody reads this message.
            raise BadRequestError("the client left while its archive was read") from None
        except ArchiveTooLargeError as error:
            raise TooLargeError(str(error)) from error
        except ArchiveError as error:
            raise RefusedArchiveError(str(error)) from error
        problem = None
        if in_containerd and wanted is not None:
            images, problem = variants.loaded(images, wanted)
            wanted = None
        kept = images if in_containerd else _images_only(images)
        response = await to_thread.run_sync(
            partial(_load, self._store.of(account), kept, wanted, quiet=truth(quiet)),
            limiter=self._loads,
        )
        if problem is not None:
            # The images are there nevertheless.
            raise RefusedArchiveError(problem)
        return response

    async def image_tag(  # noqa: PLR0917  # Connexion passes them by name
        self,
        account: str,
        rules: Rules,
        name: str,
        repo: str = "",
        tag: str = "",
        force: str = "",
    ) -> Response:
        """Tag an image. A tag always moves from the image that has it, even without *force*.

        Raises:
            BadRequestError: The old or the new name is invalid.
            NotFoundError: There is no such image.
            DatabaseError: The store cannot be written.
        """
        del force
        new = partial(new_tag, repo, tag, rules)
        if rules.new_name_first:
            new()
        wanted = _named(name, rules)
        await to_thread.run_sync(_tag, self._store.of(account), wanted, new)
        return Response(status_code=201)

    async def image_delete(  # noqa: PLR0917  # Connexion passes them by name
        self,
        account: str,
        rules: Rules,
        name: str,
        force: str = "",
        noprune: str = "",
        platforms: Sequence[str] = (),
    ) -> Response:
        """Remove a name, and delete an image with its last name.

        With graph drivers, an image has one platform, and is deleted as a whole. In the style of
        the containerd store, *platforms* delete the content for these platforms only.

        Raises:
            BadRequestError: The name is invalid, or the platform is invalid or repeated.
            NotFoundError: There is no such image, or none for this platform.
            ConflictError: Others need the image, or it has several names.
            DatabaseError: The store cannot be written.
        """
        wanted = _named(name, rules)
        if not isinstance(self._store, ContainerdStore):
            _only_platform(platforms)
        remove = partial(
            _delete,
            self._store.of(account),
            wanted,
            _platforms(platforms),
            force=truth(force),
            prune=not truth(noprune),
        )
        removed = await to_thread.run_sync(remove)
        return responses.json_body(msgspec.json.encode([_record(each) for each in removed]) + b"\n")

    async def image_prune(self, account: str, rules: Rules, filters: str = "") -> Response:
        """Delete the images that nothing uses, all or none of them.

        Raises:
            BadRequestError: *filters* is invalid.
            UnavailableError: The time is over, or the client has left; nothing is deleted.
            DatabaseError: The store cannot be written.
        """
        store, now = self._store.of(account), time.time_ns()
        if isinstance(store, ContainerdStore):
            wanted = ContainerdPruneConditions.parse(filters, rules, now)
            work = partial(containerd_prune.prune, store, wanted)
        else:
            found = PruneConditions.parse(filters, rules, now)
            work = partial(_prune, store, found, rules.undated)
        removed, space = await self._prunes.run(work, current_request().receive)
        report = PruneReport(
            images_deleted=[_record(each) for each in removed] or None, space_reclaimed=space
        )
        return responses.json_body(msgspec.json.encode(report) + b"\n")


def _load(
    store: ImageStore, images: Sequence[Image], wanted: Platform | None, *, quiet: bool
) -> Response:
    if wanted is not None:
        images = [
            image
            for image in images
            if image_platform.is_same(image_platform.of_config(image.config), wanted)
        ]
    now = time.time_ns()
    images = [
        replace(image, targets=tuple(replace(each, stored=now) for each in image.targets))
        for image in images
    ]
    with store.transaction() as transaction:
        new, moved = transaction.add(images)
        for image in images:
            transaction.record(image_events.about("load", image.id, image.labels or {}))
    lines = [*(() if quiet else layer_lines(new)), *image_lines(images, moved)] or [{}]
    encoded = [msgspec.json.encode(line) + b"\r\n" for line in lines]
    # Chunked, without a length: docker-py expects several JSON objects only in such a response.
    return StreamingResponse(_pieces(encoded), media_type="application/json")


def _images_only(images: Sequence[Image]) -> Sequence[Image]:
    """Leave out what is there for other platforms only, as graph drivers do.

    Raises:
        RefusedArchiveError: The archive has what they cannot hold.
    """
    problem = next((image.not_image for image in images if image.not_image), None)
    if problem is not None:
        raise RefusedArchiveError(problem)
    return [image for image in images if image.not_image is None]


def new_tag(repository: str, tag: str, rules: Rules) -> Reference:
    """Build the new name of an image.

    moby v20.10 ``daemon/images/image_tag.go:TagImage``, ``reference/store.go:AddTag``; v28.5
    ``api/server/httputils/form.go:RepoTagReference``.

    Args:
        repository: The parameter `repo`, which may include a tag.
        tag: The parameter `tag`, which takes precedence; empty for none.
        rules: The rules of the request's API version.

    Raises:
        NewNameError: The result is not a valid name with a tag.
    """
    try:
        name = reference.parse(repository)
    except InvalidReferenceError as error:
        raise NewNameError(lookup.problem(error, rules)) from None
    if name.digest is not None and rules.new_name_first:
        raise NewNameError("cannot import digest reference")
    if tag:
        if _TAG.fullmatch(tag) is None:
            raise NewNameError("invalid tag format")
        name = Reference(name.repository, tag=tag)
    if name.digest is not None:
        raise NewNameError("refusing to create a tag with a digest reference")
    if name.repository == _ALGORITHM:
        raise NewNameError("refusing to create an ambiguous tag using digest algorithm as name")
    return name.or_latest


def _named(text: str, rules: Rules) -> ImageName:
    if not text.strip():
        raise BadRequestError("image name cannot be blank")
    return ImageName.parse(text, rules)


def _tag(store: ImageStore, name: ImageName, make_new: Callable[[], Reference]) -> None:
    with store.transaction() as transaction:
        image_id = transaction.find(name)
        if image_id is None:
            raise name.unknown
        new = make_new()
        transaction.tag(image_id, new)
        labels = transaction.labels(image_id)
        transaction.record(image_events.about("tag", image_id, labels, new.familiar))


def _delete(
    store: ImageStore,
    name: ImageName,
    platforms: Sequence[Platform],
    *,
    force: bool,
    prune: bool,
) -> list[Removed]:
    def remove(transaction: Transaction) -> list[Removed]:
        image_id = transaction.find(name)
        if image_id is not None and platforms:
            if isinstance(transaction, ContainerdTransaction):
                return variants.delete(transaction, image_id, name.shown, platforms, force=force)
            wanted = _only(platforms)
            image_platform.check(wanted, transaction.config(image_id), name.shown)
        return removal.remove(transaction, name, force=force, prune=prune)

    return store.delete(remove)


def _prune(
    store: ImageStore, conditions: PruneConditions, undated: int, deadline: Deadline
) -> tuple[list[Removed], int]:
    """Delete images; return what was removed, and the bytes of layers that nothing needs now."""

    def delete(transaction: Transaction) -> tuple[list[Removed], int]:
        with closing(transaction.snapshot()) as snapshot:
            candidates = list(deadline.over(snapshot.candidates(Prefilter(), undated)))
            images = {image.id: image for image in deadline.over(snapshot.all())}
        removed = prune(transaction, candidates, conditions, deadline)
        use = LayerUse(images.values(), deadline)
        space = sum(use.release(images[image_id]) for image_id in deleted_ids(removed))
        transaction.record(image_events.pruned(space))
        # The last moment to give up.
        deadline.check()
        return removed, space

    return store.delete(delete)


def _only_platform(texts: Sequence[str]) -> Platform | None:
    """Return the requested platform; None if there is none.

    Raises:
        BadRequestError: The platform is invalid, or there are several.
    """
    return _only(_platforms(texts))


def _platforms(texts: Sequence[str]) -> list[Platform]:
    return [image_platform.parse(text) for text in texts]


def _only(platforms: Sequence[Platform]) -> Platform | None:
    if len(platforms) > 1:
        raise BadRequestError("multiple platforms are not supported")
    return platforms[0] if platforms else None


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _body() -> AsyncIterator[bytes]:
    """Yield the request body as it arrives."""
    try:
        async for piece in current_request().stream():
            yield piece
    except ClientDisconnect:
        # The client is gone, so nobody reads this message.
        raise BadRequestError("the client left before the end of the archive") from None


def _record(removed: Removed) -> ImageDelete:
    if isinstance(removed, Untagged):
        return ImageDelete(untagged=removed.name)
    return ImageDelete(deleted=removed.id)
