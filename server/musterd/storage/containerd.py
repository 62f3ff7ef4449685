"""The catalogue in the style of Docker's containerd store.

Ids there are digests of other content than in the tables, so that an account's images are held in
memory for one revision.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, TypeVar

from musterd.images.platform import of_host
from musterd.listing.containerd import (
    ContainerdImage,
    ContainerdImages,
    in_style,
    joined,
    split,
)
from musterd.storage import rows
from musterd.storage.containerd_snapshot import ContainerdSnapshot
from musterd.storage.containerd_transaction import ContainerdTransaction
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore
from musterd.storage.transaction import Transaction

_T = TypeVar("_T")


# By the Id of a stored image: its rows, and what the style makes of them.
_Made = dict[str, tuple[Sequence[Sequence[Any]], tuple[ContainerdImage, ...]]]


class _Known(NamedTuple):
    """An account's images at one revision, and what they were made of."""

    images: ContainerdImages
    made: _Made


class ContainerdStore(ImageStore):
    """One account's images in the style of the containerd store."""

    def __init__(
        self,
        store: ImageStore,
        *,
        old: bool,
        known: dict[str, _Known] | None = None,
    ) -> None:
        """Show what *store* has.

        Args:
            store: The catalogue.
            old: Whether as in Docker 28 rather than 29.
            known: By account, the images of the latest revision that was read.
        """
        self._store = store
        self._old = old
        self._known: dict[str, _Known] = {} if known is None else known

    def of(self, account: str) -> "ContainerdStore":
        """Return the store of another account."""
        return ContainerdStore(self._store.of(account), old=self._old, known=self._known)

    @contextmanager
    def snapshot(self) -> Iterator[ContainerdSnapshot]:  # type: ignore[override]
        """Provide a consistent view of the images."""
        with self._store.snapshot() as snapshot:
            yield self._styled(snapshot)

    @contextmanager
    def transaction(self) -> Iterator[ContainerdTransaction]:  # type: ignore[override]
        """Provide a transaction for one write, which increases the revision."""
        with self._store.transaction() as transaction:
            yield self._begun(transaction)

    def delete(self, change: Callable[[ContainerdTransaction], _T]) -> _T:  # type: ignore[override]
        """Make a change that only deletes, using reserved space if the disk is full."""
        return self._store.delete(lambda transaction: change(self._begun(transaction)))

    def _begun(self, transaction: Transaction) -> ContainerdTransaction:
        with closing(transaction.snapshot()) as snapshot:
            return ContainerdTransaction(transaction, self._read(snapshot))

    def _styled(self, snapshot: Snapshot) -> ContainerdSnapshot:
        known = self._known.get(self._store.account)
        if known is None or known.images.revision != snapshot.revision:
            known = self._known[self._store.account] = self._reread(snapshot, known)
        return ContainerdSnapshot(known.images, snapshot, counts_names=self._old)

    def _read(self, snapshot: Snapshot) -> ContainerdImages:
        return in_style(snapshot.everything(), snapshot.revision, old=self._old)

    def _reread(self, snapshot: Snapshot, known: _Known | None) -> _Known:
        """Read the images, but only what has changed since an older revision is made anew."""
        before = {} if known is None else known.made
        host = of_host()
        made: _Made = {}
        for image_id, found in snapshot.everything_as_stored():
            same = before.get(image_id)
            if same is None or same[0] != found:
                image = rows.with_targets(found)
                same = found, tuple(split(image, host, old=self._old))
            made[image_id] = same
        images = joined((images for _, images in made.values()), snapshot.revision)
        if known is not None:
            images.keep(known.images)
        return _Known(images, made)
