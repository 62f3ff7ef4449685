"""Where the images are kept: in the tables of `musterd.storage.schema`.

A store is that of one account; `of` gives another's. There is no way to see several at once.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd.errors import DiskFullError
from musterd.images.image import Image
from musterd.storage import accounts, schema
from musterd.storage.database import Database, failure
from musterd.storage.snapshot import Snapshot
from musterd.storage.transaction import Transaction

_T = TypeVar("_T")

# SQLAlchemy has this for each kind of database separately.
_COUNT_UP = sa.text(
    "INSERT INTO account (name, revision) VALUES (:account, 1)"
    " ON CONFLICT (name) DO UPDATE SET revision = account.revision + 1"
)
_REMEMBER = sa.text(
    "INSERT INTO used_signature (account, signature, expires)"
    " VALUES (:account, :signature, :expires) ON CONFLICT DO NOTHING"
)
# Building a query takes longer than asking this one.
_REVISION = sa.select(schema.account.c.revision).where(
    schema.account.c.name == sa.bindparam("account")
)


class ImageStore:
    """One account's images, in tables that must be there."""

    def __init__(self, database: Database, account: str = accounts.DEFAULT) -> None:
        self._database = database
        self.account = account

    def close(self) -> None:
        """Let go of the database, for all accounts; one in memory is gone then."""
        self._database.close()

    def of(self, account: str) -> "ImageStore":
        """Return the store of another account, which is empty until something is put there."""
        return ImageStore(self._database, account)

    def accounts(self) -> list[str]:
        """Return the names of all accounts that were ever written to, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.autocommit_engine.connect() as connection:
            return sorted(connection.scalars(sa.select(schema.account.c.name)))

    def revision(self) -> int:
        """Return the number of the newest write; much cheaper to get than a `snapshot`.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.autocommit_engine.connect() as connection:
            return self._revision(connection)

    def change_token(self) -> Hashable | None:
        """Return what is another one after each write by anybody, in microseconds; else None."""
        return self._database.change_token()

    def images(self) -> list[Image]:
        """Return all images as they are at one moment, newest first, with all that is known.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self.snapshot() as snapshot:
            return snapshot.images()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give the images as they are at one moment, to read only those that are needed.

        With replicas they come with the revision that they have there; `revision` may have asked
        another one.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.read_engine.connect() as connection:
            self._database.confine(connection, self.account)
            with closing(Snapshot(connection, self.account)) as snapshot:
                yield snapshot

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none; the revision changes with them.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        if not images:
            return
        with self.transaction() as transaction:
            transaction.put(images)

    def replace(self, images: Sequence[Image]) -> None:
        """Make *images* the whole catalogue; the revision goes on.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        with self.transaction() as transaction:
            transaction.clear()
            transaction.put(images)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Give a transaction for one write, which counts up the revision.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        with _reported(), self._database.write_engine.begin() as connection:
            self._database.confine(connection, self.account)
            # First of all, so that an account's writers queue up here rather than fail later.
            connection.execute(_COUNT_UP, {"account": self.account})
            yield Transaction(self._database, connection, self.account)

    def delete(self, change: Callable[[Transaction], _T]) -> _T:
        """Make a change that only deletes, for which there is room on a full disk as well.

        Args:
            change: What deletes, and returns what this returns; it may be called again.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """

        def make() -> _T:
            with self.transaction() as transaction:
                return change(transaction)

        return self._with_reserve(make)

    def use_signature(self, signature: str, expires: int, now: int) -> bool:
        """Remember a signature, and tell whether it is new: only one caller is told so.

        Raises:
            DatabaseError: The database cannot be written.
        """
        # What is signed may delete.
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
        with _reported(), self._database.write_engine.begin() as connection:
            self._database.confine(connection, self.account)
            connection.execute(old)
            return connection.execute(_REMEMBER, row).rowcount == 1

    def _revision(self, connection: sa.Connection) -> int:
        # An account has a row from its first write on.
        return connection.execute(_REVISION, {"account": self.account}).scalar_one_or_none() or 0


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise failure(error) from error
