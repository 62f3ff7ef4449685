"""Where the images are kept: the interface, and the implementation in SQL.

A store is that of one account; `of` gives another's. There is no way to see several at once.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd.errors import DatabaseError
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.storage import accounts, schema
from musterd.storage.database import Database, reason
from musterd.storage.snapshot import Reading
from musterd.storage.transaction import Changes

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
_name = schema.reference.c


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All images as they are at one moment, in no order."""

    #: Counts the writes: as long as it is the same, so are the images.
    revision: int
    images: tuple[Image, ...]


class ImageStore(Protocol):
    """What the server and the commands need of a store: one account's images."""

    #: Whose images they are.
    account: str

    def revision(self) -> int:
        """Return the number of the newest `snapshot`; it is much cheaper to get."""
        ...

    def pulse(self) -> Hashable | None:
        """Return what is another one after each write by anybody, in microseconds; else None."""
        ...

    def snapshot(self) -> Snapshot:
        """Return all images as they are at one moment, and the revision that they are."""
        ...

    def images(self) -> Sequence[Image]:
        """Return all images as they are at one moment, in no order."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Give the images as they are at one moment, to read only those that are needed."""
        ...

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none.

        An image replaces the one with the same Id, and a tag moves here from any other image.
        """
        ...

    def changing(self) -> AbstractContextManager[Changes]:
        """Give a transaction; what is changed in it becomes so when it ends, all or nothing.

        It is as if it had never been where an exception leaves it.
        """
        ...

    def of(self, account: str) -> Self:
        """Return the store of another account, which is empty until something is put there."""
        ...

    def use_signature(self, signature: str, expires: int, now: int) -> bool:
        """Remember a signature, and tell whether it is new: only one caller is told so.

        Args:
            signature: That of a request which is about to change something.
            expires: When it may be forgotten, in seconds since 1970.
            now: The time, in the same.
        """
        ...


class SqlImageStore:
    """A store in the tables of `musterd.schema`, which must be there."""

    def __init__(self, database: Database, account: str = accounts.DEFAULT) -> None:
        self._database = database
        self.account = account

    def close(self) -> None:
        """Let go of the database, for all accounts; one in memory is gone then."""
        self._database.close()

    def of(self, account: str) -> "SqlImageStore":
        """Return the store of another account, which is empty until something is put there."""
        return SqlImageStore(self._database, account)

    def accounts(self) -> list[str]:
        """Return the names of all accounts that were ever written to, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.single.connect() as connection:
            return sorted(connection.scalars(sa.select(schema.account.c.name)))

    def revision(self) -> int:
        """Return the number of the newest `snapshot`; it is much cheaper to get.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.single.connect() as connection:
            return self._revision(connection)

    def pulse(self) -> Hashable | None:
        """Return what is another one after each write by anybody, in microseconds; else None."""
        return self._database.pulse()

    def snapshot(self) -> Snapshot:
        """Return all images as they are at one moment, and the revision that they are.

        With replicas both come from the same one; `revision` may have asked another.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self._reading() as connection:
            revision = self._revision(connection)
            names = self._names(connection)
            query = sa.select(schema.image).where(schema.image.c.account == self.account)
            rows = connection.execute(query).all()
        return Snapshot(revision, tuple(_image(row, names[row.id]) for row in rows))

    def images(self) -> list[Image]:
        """Return all images as they are at one moment, in no order.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return list(self.snapshot().images)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Give the images as they are at one moment, to read only those that are needed.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with self._reading() as connection, closing(Reading(connection, self.account)) as reading:
            yield reading

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none; the revision changes with them.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        if not images:
            return
        with self.changing() as changes:
            changes.put(images)

    def replace(self, images: Sequence[Image]) -> None:
        """Make *images* the whole catalogue; the revision goes on.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        with self.changing() as changes:
            changes.clear()
            changes.put(images)

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Give a transaction for one write, which counts up the revision.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        with _reported(), self._database.writing.begin() as connection:
            self._database.confine(connection, self.account)
            # First of all, so that an account's writers queue up here rather than fail later.
            connection.execute(_COUNT_UP, {"account": self.account})
            yield Changes(self._database, connection, self.account)

    def use_signature(self, signature: str, expires: int, now: int) -> bool:
        """Remember a signature, and tell whether it is new: only one caller is told so.

        Raises:
            DatabaseError: The database cannot be written.
        """
        used = schema.used_signature.c
        old = sa.delete(schema.used_signature).where(
            used.account == self.account, used.expires < now
        )
        row = {"account": self.account, "signature": signature, "expires": expires}
        with _reported(), self._database.writing.begin() as connection:
            self._database.confine(connection, self.account)
            connection.execute(old)
            return connection.execute(_REMEMBER, row).rowcount == 1

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """Give a transaction that reads this account, at one moment."""
        with _reported(), self._database.reading.connect() as connection:
            self._database.confine(connection, self.account)
            yield connection

    def _revision(self, connection: sa.Connection) -> int:
        # An account has a row from its first write on.
        return connection.execute(_REVISION, {"account": self.account}).scalar_one_or_none() or 0

    def _names(self, connection: sa.Connection) -> defaultdict[str, list[Reference]]:
        names: defaultdict[str, list[Reference]] = defaultdict(list)
        query = (
            sa.select(_name.image, _name.repository, _name.tag, _name.digest)
            .where(_name.account == self.account)
            .order_by(_name.position)
        )
        for image, repository, tag, digest in connection.execute(query):
            names[image].append(Reference(repository, tag, digest))
        return names


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseError(f"the catalogue's database failed: {reason(error)}") from error


def _image(row: sa.Row[Any], names: list[Reference]) -> Image:
    return Image(
        id=row.id,
        parent=row.parent,
        created=row.created,
        created_text=row.created_text,
        size=row.size,
        virtual_size=row.virtual_size,
        labels=row.labels,
        tags=tuple(name for name in names if name.digest is None),
        digests=tuple(name for name in names if name.digest is not None),
        own_order=row.own_order,
        has_config=row.has_config,
        config=row.config,
        layers=row.layers,
        shared_size=row.shared_size,
        containers=row.containers,
    )
