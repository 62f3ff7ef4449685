"""A pull into the catalogue in the style of Docker's containerd store.

moby v28.5.2 ``daemon/containerd/image_pull.go``: a name points to what the registry has under it,
an index with all its platforms or a manifest; only the content for one platform is downloaded.
"""

import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from musterd.api.events import image_events
from musterd.api.transfer.pull import Pull
from musterd.errors import NotFoundError
from musterd.images.image import Image
from musterd.images.image_id import digits
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Target
from musterd.listing.lookup import ImageName
from musterd.registry import progress
from musterd.registry.manifests import OCI_MANIFEST
from musterd.registry.refusals import AbsentError
from musterd.registry.source import Pulled, Report
from musterd.storage.containerd import ContainerdStore
from musterd.storage.containerd_transaction import ContainerdTransaction

_DONE = frozenset({"Download complete", "Pull complete"})
# What only graph drivers tell of a layer.
_OTHERS = frozenset({"Verifying Checksum", "Extracting"})


class _Nothing:
    """Has every image read: the store keeps more of it than its Id says."""

    async def has(self, _image_id: str) -> bool:
        return False

    async def shared_layers(self, _digests: Sequence[str]) -> int:
        return 0


class ContainerdPull(Pull):
    """A pull, whose content is read again even if the store has it; only new layers are told."""

    _store: ContainerdStore

    def __init__(self, *arguments: Any) -> None:
        """Create a pull; see `Pull`."""
        super().__init__(*arguments)
        self._known = _Nothing()

    async def begin(self) -> None:
        """Look up the names to pull, and the platform.

        Raises:
            NotFoundError: There is no such image, or none for the platform.
            RegistryError: The registry does not answer as it should.
        """
        try:
            await super().begin()
        except AbsentError as error:
            full = self._name.or_latest.full
            raise NotFoundError(
                f'failed to resolve reference "{full}": {full}: not found'
            ) from error
        for name in self._names[:1]:
            try:
                await self._source.check(name, self._wanted)
            except NotFoundError as error:
                raise NotFoundError(
                    f"{error}: no match for platform in manifest: not found"
                ) from error

    async def run(self, report: Report) -> None:
        """Get the images, store them, and report on it, without the layers that are there."""
        with self._store.snapshot() as snapshot:
            known = {digits(digest)[: progress.SHORT] for digest in snapshot.blobs()}

        async def told(line: progress.Line) -> None:
            status = line["status"]
            if "progressDetail" not in line:
                await report(line)
            elif line["id"] not in known and status not in _OTHERS:
                await report({**line, "progressDetail": _HIDDEN} if status in _DONE else line)

        await super().run(told)

    def _put(self, pulled: Sequence[Pulled]) -> tuple[bool, str]:
        """Store the images; see `Pull._put`."""
        is_new = False
        with self._store.transaction() as transaction:
            for each in pulled:
                is_new |= _keep(transaction, each)
            labels = (pulled[0].image.labels or {}) if len(pulled) == 1 and pulled[0].image else {}
            name = self._name
            transaction.record(image_events.about("pull", name.familiar, labels, name.repository))
        return is_new, ""


_HIDDEN = {"hidecounts": True}


def _keep(transaction: ContainerdTransaction, pulled: Pulled) -> bool:
    """Add an image with its name; tell whether the name did not point to it before."""
    name, images = pulled.name, [] if pulled.image is None else [pulled.image]
    is_new = transaction.find(ImageName.of_reference(name)) != pulled.digest
    _, moved = transaction.add([_named(image, pulled) for image in images])
    for loser in moved.values():
        transaction.forget_digests(loser, name.repository)
    # A push finds by it where the layers are; it is a name only where there is no tag.
    transaction.add_digest(pulled.digest, Reference(name.repository, digest=pulled.digest))
    return is_new


def _named(image: Image, pulled: Pulled) -> Image:
    """Return an image with the tag by which it was pulled, stored now."""
    tags = () if pulled.name.tag is None else (pulled.name,)
    now = time.time_ns()
    # Nothing but the digest is known of the manifest of an image that was only described.
    unknown = Descriptor(media_type=OCI_MANIFEST, digest=pulled.digest, size=0)
    targets = tuple(
        replace(each, stored=now, names={tag.familiar: None for tag in tags})
        for each in image.targets or (Target(descriptor=unknown),)
    )
    return replace(image, tags=tags, targets=targets)
