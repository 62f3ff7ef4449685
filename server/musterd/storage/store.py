"""The store: images in the tables of `musterd.storage.schema`.

A store gives access to one account; `of` returns the store of another one. No store spans several
accounts.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeVar

import sqlalchemy as sa

from musterd.errors import DiskFullError
from musterd.images.image import Image
from musterd.storage import accounts, schema
from musterd.storage.database import Database
from musterd.storage.snapshot import Snapshot
from musterd.storage.transaction import Transaction

_T = TypeVar("_T")

# SQLAlchemy has no portable form of this statement.
_COUNT_UP = sa.text(
    "INSERT INTO account (name, revision) VALUES (:account, 1)"
    " ON CONFLICT (name) DO UPDATE SET revision = account.revision + 1"
)
_REMEMBER = sa.text(
    "INSERT INTO used_signature (account, signature, expires)"
    " VALUES (:account, :signature, :expires) ON CONFLICT DO NOTHING"
)
# Prepared once: building this query takes longer than running it.
_REVISION = sa.select(schema.account.c.revision).where(
    schema.account.c.name == sa.bindparam("account")
)


class ImageStore:
    """One account's images, in existing tables."""

    def __init__(self, database: Database, account: str = accounts.DEFAULT) -> None:
        self._database = database
        self.account = account

    def close(self) -> None:
        """Close the database, for all accounts; a catalogue in memory is lost."""
        self._database.close()

    def log_outages(self) -> None:
        """Log from now on that the database is away, and that it is back, once each."""
        self._database.outage.is_logged = True

    def of(self, account: str) -> "ImageStore":
        """Return the store of another account, which is empty before its first write."""
        return ImageStore(self._database, account)

    def accounts(self) -> list[str]:
        """Return the names of all accounts that were ever written to, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self._database.reporting(), self._database.autocommit_engine.connect() as connection:
            return sorted(connection.scalars(sa.select(schema.account.c.name)))

    def revision(self) -> int:
        """Return the number of the latest write; much cheaper than a `snapshot`.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self._database.reporting(), self._database.autocommit_engine.connect() as connection:
            return self._revision(connection)

    def change_token(self) -> Hashable | None:
        """Return a token that changes with every write, or None if there is no cheap one."""
        return self._database.change_token()

    def images(self) -> list[Image]:
        """Return a consistent list of all images, newest first, with everything known about them.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self.snapshot() as snapshot:
            return snapshot.images()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Provide a consistent view of the images, to read only what is needed.

        With replicas, its revision is that of the replica; `revision` may have asked another one.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self._database.reporting(), self._database.read_engine.connect() as connection:
            self._database.confine(connection, self.account)
            with closing(Snapshot(connection, self.account)) as snapshot:
                yield snapshot

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none, and increase the revision.

        Raises:
            DatabaseError: The database cannot be written; it is unchanged.
        """
        if not images:
            return
        with self.transaction() as transaction:
            transaction.put(images)

    def replace(self, images: Sequence[Image]) -> None:
        """Replace the whole catalogue with *images*, and increase the revision.

        Raises:
            DatabaseError: The database cannot be written; it is unchanged.
        """
        with self.transaction() as transaction:
            transaction.clear()
            transaction.put(images)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Provide a transaction for one write, which increases the revision.

        Raises:
            DatabaseError: The database cannot be written; it is unchanged.
        """
        with self._database.reporting(), self._database.write_engine.begin() as connection:
            self._database.confine(connection, self.account)
            # Do this first: an account's writers then wait here instead of failing later.
            connection.execute(_COUNT_UP, {"account": self.account})
            yield Transaction(self._database, connection, self.account)

    def delete(self, change: Callable[[Transaction], _T]) -> _T:
        """Make a change that only deletes, using reserved space if the disk is full.

        Args:
            change: Makes the deletions; may be called twice. Its result is returned.

        Raises:
            DatabaseError: The database cannot be written; it is unchanged.
        """

        def make() -> _T:
            with self.transaction() as transaction:
                return change(transaction)

        return self._with_reserve(make)

    def use_signature(self, signature: str, expires: int, now: int) -> bool:
        """Store a signature, and tell whether it is new. Only one of several callers gets True.

        Raises:
            DatabaseError: The database cannot be written.
        """
        # A signed request may be a deletion on a full disk.
        return self._with_reserve(lambda: self._use_signature(signature, expires, now))

    def _with_reserve(self, write: Callable[[], _T]) -> _T:
        try:
            return write()
        except DiskFullError:
            if not self._database.release_reserve():
                raise
            return write()
        finally:
            self._database.fill_reserve()

    def _use_signature(self, signature: str, expires: int, now: int) -> bool:
        used = schema.used_signature.c
        old = sa.delete(schema.used_signature).where(
            used.account == self.account, used.expires < now
        )
        row = {"account": self.account, "signature": signature, "expires": expires}
        with self._database.reporting(), self._database.write_engine.begin() as connection:
            self._database.confine(connection, self.account)
            connection.execute(old)
            return connection.execute(_REMEMBER, row).rowcount == 1

    def _revision(self, connection: sa.Connection) -> int:
        # An account has no row before its first write.
        return connection.execute(_REVISION, {"account": self.account}).scalar_one_or_none() or 0
