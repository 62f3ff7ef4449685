"""One pull: from the name in a request to the catalogue.

moby v20.10.24 ``api/server/router/image/image_routes.go:postImagesCreate`` and
``distribution/pull_v2.go``.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from anyio import to_thread

from musterd.api.events import image_events
from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, ConflictError, NotFoundError
from musterd.images import platform as image_platform
from musterd.images import reference
from musterd.images.image import Layer
from musterd.images.image_id import ImageId
from musterd.images.platform import Platform
from musterd.images.reference import InvalidReferenceError, Reference
from musterd.listing.lookup import ImageName
from musterd.registry import progress
from musterd.registry.manifests import is_digest
from musterd.registry.source import Known, Pulled, Report, Source
from musterd.storage.store import ImageStore
from musterd.storage.transaction import Transaction

_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")


def pull_name(text: str, tag: str) -> Reference:
    """Return the name of the image to pull; without tag and digest, it means all tags.

    Args:
        text: The parameter `fromImage`, which may include a tag or a digest.
        tag: The parameter `tag`: a tag or a digest, which takes precedence; empty for none.

    Raises:
        BadRequestError: The result is no name.
    """
    # Some clients send a colon without a tag.
    try:
        name = reference.parse(text.removesuffix(":"))
    except InvalidReferenceError as error:
        raise BadRequestError(str(error)) from None
    if tag and ":" in tag:
        name = Reference(name.repository, digest=tag)
    elif tag and _TAG.fullmatch(tag) is None:
        raise BadRequestError("invalid tag format")
    elif tag:
        name = Reference(name.repository, tag=tag)
    if name.digest is not None and not is_digest(name.digest):
        raise BadRequestError("invalid checksum digest format")
    return name


class InCatalogue:
    """What an account has already, for `musterd.registry.source.Known`."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    async def has(self, image_id: str) -> bool:
        """Tell whether there is an image with its config and its layers."""
        return await to_thread.run_sync(self._has, image_id)

    async def shared_layers(self, digests: Sequence[str]) -> int:
        """Return how many of these layers, from the lowest on, a pulled image has likewise.

        Of other images Docker does not know the packed layers, so that it gets them again.
        """
        return await to_thread.run_sync(self._shared_layers, digests)

    def _has(self, image_id: str) -> bool:
        with self._store.snapshot() as snapshot:
            found = snapshot.find(ImageName.of_id(ImageId.of(image_id)))
            return (
                found is not None
                and snapshot.config(found.id) is not None
                and snapshot.layers(found.id) is not None
            )

    def _shared_layers(self, digests: Sequence[str]) -> int:
        with self._store.snapshot() as snapshot:
            return max(
                (_common(image.layers or (), digests) for image in snapshot.all() if image.digests),
                default=0,
            )


def _common(layers: Sequence[Layer], digests: Sequence[str]) -> int:
    """Return how many layers are the same, from the lowest on."""
    same = takewhile(lambda pair: pair[0].digest == pair[1], zip(layers, digests, strict=False))
    return sum(1 for _ in same)


class Pull:
    """A pull, which changes the catalogue at its end, at once, or not at all."""

    def __init__(
        self,
        store: ImageStore,
        source: Source,
        name: Reference,
        wanted: Platform | None,
        rules: Rules,
    ) -> None:
        """Create a pull.

        Args:
            store: The account's images.
            source: Where to get the image.
            name: Its name; without tag and digest, it means all tags.
            wanted: The platform to get it for; None for the default.
            rules: The rules of the request's API version.
        """
        self._store = store
        self._source = source
        self._name = name
        self._wanted = wanted
        self._rules = rules
        self._names: Sequence[Reference] = (name,)
        self._known: Known = InCatalogue(store)

    async def begin(self) -> None:
        """Look up the names to pull.

        Raises:
            NotFoundError: There is no such image.
            RegistryError: The registry does not answer as it should.
        """
        name = self._name
        if name.tag is None and name.digest is None:
            tags = await self._source.tags(name.repository)
            self._names = [Reference(name.repository, tag=tag) for tag in tags]
        for each in self._names[:1]:
            await self._source.find(each)

    async def run(self, report: Report) -> None:
        """Get the images, store them, and report on it.

        Raises:
            RequestError: An image is not there, or the registry does not answer as it should.
            ArchiveError: An image cannot be read, or exceeds the limits.
        """
        pulled = []
        for number, name in enumerate(self._names):
            if number:
                await self._source.find(name)
            await report(progress.pulling(name))
            found = await self._source.get(name, self._wanted, self._known, report)
            await report(progress.message(f"Digest: {found.digest}"))
            pulled.append(found)
        is_new, warning = await to_thread.run_sync(self._put, pulled)
        await report(progress.ended(self._name, is_new=is_new))
        if warning and self._rules.warns_of_platform:
            await report(progress.message(f"WARNING: {warning}"))

    def _put(self, pulled: Sequence[Pulled]) -> tuple[bool, str]:
        """Store the images.

        Returns:
            Whether any name is new to its image; and what there is to say about the platform.
        """
        is_new, warning = False, ""
        with self._store.transaction() as transaction:
            for each in pulled:
                image_id = _added(transaction, each)
                is_new |= _named(transaction, image_id, each)
                warning = self._warning(transaction, image_id)
            self._record(transaction, pulled)
        return is_new, warning

    def _warning(self, transaction: Transaction, image_id: str) -> str:
        try:
            image_platform.check(self._wanted, transaction.config(image_id), self._name.familiar)
        except NotFoundError as error:
            return str(error)
        return ""

    def _record(self, transaction: Transaction, pulled: Sequence[Pulled]) -> None:
        """Record one event, as Docker does, even if it is about all tags."""
        name = self._name
        labels = transaction.labels(_stored(transaction, pulled[0])) if len(pulled) == 1 else {}
        transaction.record(image_events.about("pull", name.familiar, labels, name.repository))


def _added(transaction: Transaction, pulled: Pulled) -> str:
    """Add an image unless it is there; return its Id as stored."""
    if pulled.image is not None:
        transaction.add([pulled.image])
    return _stored(transaction, pulled)


def _stored(transaction: Transaction, pulled: Pulled) -> str:
    found = transaction.find(ImageName.of_id(ImageId.of(pulled.id)))
    if found is None:
        raise ConflictError(f"the image {pulled.id} was deleted during the pull; pull it again")
    return found


def _named(transaction: Transaction, image_id: str, pulled: Pulled) -> bool:
    """Give an image its names; tell whether the name that was asked for is new to it."""
    name = pulled.name
    is_new = name not in transaction.names(image_id)
    if name.tag is not None:
        transaction.tag(image_id, name)
    # Of an index, the first image keeps the digest, unless another is pulled by it.
    digest = Reference(name.repository, digest=pulled.digest)
    transaction.add_digest(image_id, digest, move=name.digest is not None)
    return is_new
