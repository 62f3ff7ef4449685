"""Removal of names, images and their unnamed parents by `DELETE /images/{name}`.

The source is moby v20.10 ``daemon/images/image_delete.go``; 1.11.2 behaves alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from musterd.api.events import image_events
from musterd.errors import ConflictError
from musterd.images.event import Event
from musterd.images.image_id import ImageId
from musterd.images.reference import Reference
from musterd.listing.lookup import ImageName


@dataclass(frozen=True, slots=True)
class Untagged:
    """A name that was removed from an image."""

    name: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """The Id of a deleted image."""

    id: str


Removed = Untagged | Deleted


class Removing(Protocol):
    """The methods of `musterd.storage.transaction.Transaction` that removal needs."""

    def find(self, name: ImageName) -> str | None: ...  # noqa: D102
    def names(self, image_id: str) -> list[Reference]: ...  # noqa: D102
    def parent(self, image_id: str) -> str | None: ...  # noqa: D102
    def has_children(self, image_id: str) -> bool: ...  # noqa: D102
    def labels(self, image_id: str) -> Mapping[str, str]: ...  # noqa: D102
    def record(self, event: Event) -> None: ...  # noqa: D102
    def untag(self, image_id: str, name: Reference) -> None: ...  # noqa: D102
    def remove(self, image_id: str) -> None: ...  # noqa: D102


def remove(transaction: Removing, name: ImageName, *, force: bool, prune: bool) -> list[Removed]:
    """Remove an image or one of its names, and return what was removed, in order.

    Args:
        transaction: The catalogue.
        name: The name or Id to remove.
        force: Whether to remove an image that has names in several repositories.
        prune: Whether to remove unnamed parents that nothing else needs.

    Raises:
        NotFoundError: There is no such image.
        ConflictError: It is the parent of other images, or has several names.
    """
    image_id = transaction.find(name)
    if image_id is None:
        raise name.unknown
    # A text that is a prefix of the Id counts as an Id here, even if a name matched it.
    by_id = any(spelled.startswith(name.text) for spelled in ImageId.of(image_id).spellings)
    if by_id or name.reference is None:
        names = transaction.names(image_id)
        _check(transaction, image_id, names, force=force)
        removed = _untag(transaction, image_id, names)
    else:
        taken = _taken_along(name.reference, transaction.names(image_id))
        removed = _untag(transaction, image_id, [name.reference])
        removed += _untag(transaction, image_id, taken, quiet=True)
        if transaction.names(image_id) or transaction.has_children(image_id):
            return removed
    while True:
        parent = transaction.parent(image_id)
        transaction.remove(image_id)
        # Its labels are gone.
        transaction.record(image_events.about("delete", image_id))
        removed.append(Deleted(image_id))
        if (
            not prune
            or parent is None
            or transaction.names(parent)
            or transaction.has_children(parent)
        ):
            return removed
        image_id = parent


def _check(
    transaction: Removing, image_id: str, names: Sequence[Reference], *, force: bool
) -> None:
    """Refuse to remove an image by its Id if it is still needed."""
    problem = None
    if transaction.has_children(image_id):
        problem = "(cannot be forced) - image has dependent child images"
    elif names and not force and not _is_single(names):
        problem = "(must be forced) - image is referenced in multiple repositories"
    if problem is not None:
        raise ConflictError(f"conflict: unable to delete {ImageId.of(image_id).short} {problem}")


def _is_single(names: Sequence[Reference]) -> bool:
    """Tell whether there is at most one tag, and only digests of the same repository."""
    tags = [name for name in names if name.digest is None]
    repositories = {name.repository for name in names}
    return len(tags) <= 1 and len(repositories) == 1


def _taken_along(name: Reference, names: Sequence[Reference]) -> list[Reference]:
    """Return the names to remove with *name*: a repository's last tag takes its digests."""
    others = [other for other in names if other.repository == name.repository and other != name]
    is_last = name.digest is None and all(other.digest is not None for other in others)
    return others if is_last else []


def _untag(
    transaction: Removing, image_id: str, names: Sequence[Reference], *, quiet: bool = False
) -> list[Removed]:
    """Remove names, and record an event for each unless *quiet*."""
    for name in names:
        transaction.untag(image_id, name)
        if not quiet:
            labels = transaction.labels(image_id)
            transaction.record(image_events.about("untag", image_id, labels))
    return [Untagged(name.familiar) for name in names]
