"""Where the images are kept: the interface, and the implementation in SQL."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd import schema
from musterd.changes import Changes
from musterd.connections import Database, reason
from musterd.errors import DatabaseError
from musterd.image import Image
from musterd.reference import Reference


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All images as they are at one moment, in no order."""

    #: Counts the writes: as long as it is the same, so are the images.
    revision: int
    images: tuple[Image, ...]


class ImageStore(Protocol):
    """What the server and the commands need of a store."""

    def revision(self) -> int:
        """Return the number of the newest `snapshot`; it is much cheaper to get."""
        ...

    def snapshot(self) -> Snapshot:
        """Return all images as they are at one moment, and the revision that they are."""
        ...

    def images(self) -> Sequence[Image]:
        """Return all images as they are at one moment, in no order."""
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


class SqlImageStore:
    """A store in the tables of `musterd.schema`, which must be there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Let go of the database; one in memory is gone then."""
        self._database.close()

    def revision(self) -> int:
        """Return the number of the newest `snapshot`; it is much cheaper to get.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.single.connect() as connection:
            return _revision(connection)

    def snapshot(self) -> Snapshot:
        """Return all images as they are at one moment, and the revision that they are.

        With replicas both come from the same one; `revision` may have asked another.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._database.reading.connect() as connection:
            revision = _revision(connection)
            names = _names(connection)
            rows = connection.execute(sa.select(schema.image)).all()
        return Snapshot(revision, tuple(_image(row, names[row.id]) for row in rows))

    def images(self) -> list[Image]:
        """Return all images as they are at one moment, in no order.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return list(self.snapshot().images)

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
            # First of all, so that two writers queue up here rather than fail later.
            connection.execute(
                sa.update(schema.catalogue).values(revision=schema.catalogue.c.revision + 1)
            )
            yield Changes(connection)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseError(f"the catalogue's database failed: {reason(error)}") from error


def _revision(connection: sa.Connection) -> int:
    number: int = connection.execute(sa.select(schema.catalogue.c.revision)).scalar_one()
    return number


def _names(connection: sa.Connection) -> defaultdict[str, list[Reference]]:
    names: defaultdict[str, list[Reference]] = defaultdict(list)
    columns = schema.reference.c
    query = sa.select(columns.image, columns.repository, columns.tag, columns.digest)
    for image, repository, tag, digest in connection.execute(query.order_by(columns.position)):
        names[image].append(Reference(repository, tag, digest))
    return names


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
