"""The catalogue in the style of Docker's containerd store.

Ids there are digests of other content than in the tables, so that an account's images are held in
memory for one revision.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from musterd.listing.containerd import ContainerdImages, in_style
from musterd.storage.containerd_snapshot import ContainerdSnapshot
from musterd.storage.containerd_transaction import ContainerdTransaction
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore
from musterd.storage.transaction import Transaction

_T = TypeVar("_T")


class ContainerdStore(ImageStore):
    """One account's images in the style of the containerd store."""

    def __init__(
        self,
        store: ImageStore,
        *,
        old: bool,
        known: dict[str, ContainerdImages] | None = None,
    ) -> None:
        """Show what *store* has.

        Args:
            store: The catalogue.
            old: Whether as in Docker 28 rather than 29.
            known: By account, the images of the latest revision that was read.
        """
        self._store = store
        self._old = old
        self._known: dict[str, ContainerdImages] = {} if known is None else known

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
        if known is None or known.revision != snapshot.revision:
            known = self._known[self._store.account] = self._read(snapshot)
        return ContainerdSnapshot(known, snapshot, counts_names=self._old)

    def _read(self, snapshot: Snapshot) -> ContainerdImages:
        images = list(snapshot.everything())
        return in_style(images, snapshot.revision, old=self._old)
