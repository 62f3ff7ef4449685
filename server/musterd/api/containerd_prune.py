"""Deletion of unused images by ``POST /images/prune``, in the style of the containerd store.

moby v28.5.2 ``daemon/containerd/image_prune.go``. What is deleted are names; of content that no
other name needs, the response lists the indexes and manifests, and counts all bytes, packed.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from musterd.api.events import image_events
from musterd.api.prune import KEYS
from musterd.api.removal import Deleted, Removed, Untagged
from musterd.contract.rules import Rules
from musterd.listing import filters
from musterd.listing.containerd import ContainerdImage
from musterd.listing.deadline import Deadline
from musterd.listing.filters import Filters
from musterd.listing.labels import conditions_on_labels
from musterd.storage.containerd import ContainerdStore
from musterd.storage.containerd_transaction import ContainerdTransaction


class _Blob(NamedTuple):
    """Content that the store has of an image, and whether the response lists it."""

    digest: str
    size: int
    is_listed: bool


@dataclass(frozen=True, slots=True)
class ContainerdPruneConditions:
    """The conditions in `filters`.

    Attributes:
        all: Whether to delete images with names too.
        filters: The conditions on labels, and on when an image was stored.
    """

    all: bool
    filters: Filters

    @classmethod
    def parse(cls, text: str, rules: Rules, now: int) -> "ContainerdPruneConditions":
        """Parse `filters`.

        Args:
            text: The value of the parameter.
            rules: The rules of the request's API version.
            now: The current time, in nanoseconds since 1970.

        Raises:
            BadRequestError: It is invalid.
        """
        found = filters.conditions(text, KEYS, rules)
        every = "dangling" in found and not filters.strict_dangling(found["dangling"], rules)
        times = tuple(filters.until(each, now, rules) for each in found.get("until", ()))
        return cls(every, Filters(labels=conditions_on_labels(found, rules), until=times))

    def admit(self, image: ContainerdImage) -> bool:
        """Tell whether to delete *image*."""
        times = self.filters.until
        return (
            (self.all or not image.tags)
            and (not times or image.was_stored_before(min(times)))
            and self.filters.admit_labels_of(image)
        )


def prune(
    store: ContainerdStore, conditions: ContainerdPruneConditions, deadline: Deadline
) -> tuple[list[Removed], int]:
    """Delete images; return what was removed, in order, and the bytes of content that is gone.

    Raises:
        UnavailableError: The time is over; nothing is deleted.
    """

    def delete(transaction: ContainerdTransaction) -> tuple[list[Removed], int]:
        with closing(transaction.snapshot()) as snapshot:
            images = list(deadline.over(snapshot.targets()))
        gone = [each for each in images if conditions.admit(each)]
        ids = {each.id for each in gone}
        kept = {blob.digest for each in images if each.id not in ids for blob in _blobs(each)}
        removed: list[Removed] = []
        space = 0
        for image in deadline.over(gone):
            removed += _remove(transaction, image)
            blobs = [blob for blob in _blobs(image) if blob.digest not in kept]
            kept |= {blob.digest for blob in blobs}
            removed += [Deleted(blob.digest) for blob in blobs if blob.is_listed]
            space += sum(blob.size for blob in blobs)
        transaction.record(image_events.pruned(space))
        # The last moment to give up.
        deadline.check()
        return removed, space

    return store.delete(delete)


def _remove(transaction: ContainerdTransaction, image: ContainerdImage) -> Iterator[Removed]:
    """Delete an image with all its names; one without any counts as a name, too."""
    for name in transaction.names(image.id):
        transaction.untag(image.id, name)
        transaction.record(image_events.about("untag", image.id, image.labels or {}))
        yield Untagged(name.familiar)
    if not image.tags:
        yield Untagged(image.id)
    transaction.remove(image.id)
    transaction.record(image_events.about("delete", image.id))


def _blobs(image: ContainerdImage) -> Iterator[_Blob]:
    of = image.target
    if of is None:
        yield _Blob(image.id, image.size, is_listed=True)
        return
    if all(each.descriptor.digest != of.digest for each in of.manifests):
        yield _Blob(of.digest, of.descriptor.size, is_listed=True)
    for each in of.manifests:
        if each.content:
            blobs = dict(each.blobs)
            yield _Blob(each.descriptor.digest, each.content - sum(blobs.values()), is_listed=True)
            yield from (_Blob(digest, size, is_listed=False) for digest, size in blobs.items())
