"""Where the images are kept: the interface, and the implementation in SQL."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd import schema
from musterd.errors import DatabaseError
from musterd.image import Image
from musterd.reference import Reference


class ImageStore(Protocol):
    """What the server and the commands need of a store."""

    def images(self) -> Sequence[Image]:
        """Return all images as they are at one moment, in no order."""
        ...

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none.

        An image replaces the one with the same Id, and a tag moves here from any other image.
        """
        ...


class SqlImageStore:
    """A store in the tables of `musterd.schema`, which must be there."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Let go of the database; one in memory is gone then."""
        self._engine.dispose()

    def images(self) -> list[Image]:
        """Return all images as they are at one moment, in no order.

        Raises:
            DatabaseError: The database cannot be read.
        """
        with _reported(), self._engine.connect() as connection:
            names = _names(connection)
            labels = _labels(connection)
            rows = connection.execute(sa.select(schema.image)).all()
        return [_image(row, names[row.id], labels[row.id]) for row in rows]

    def put(self, images: Sequence[Image]) -> None:
        """Add *images*, all or none; the revision changes with them.

        Raises:
            DatabaseError: The database cannot be written; it is as it was.
        """
        if not images:
            return
        with _reported(), self._engine.begin() as connection:
            # First of all, so that two writers queue up here rather than fail later.
            connection.execute(
                sa.update(schema.catalogue).values(revision=schema.catalogue.c.revision + 1)
            )
            _remove(connection, images)
            _insert(connection, schema.image, map(_image_row, images))
            _insert(connection, schema.reference, (row for i in images for row in _name_rows(i)))
            _insert(connection, schema.label, (row for i in images for row in _label_rows(i)))


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise DatabaseError(f"the catalogue's database failed: {reason}") from error


def _names(connection: sa.Connection) -> defaultdict[str, list[Reference]]:
    names: defaultdict[str, list[Reference]] = defaultdict(list)
    columns = schema.reference.c
    query = sa.select(columns.image, columns.repository, columns.tag, columns.digest)
    for image, repository, tag, digest in connection.execute(query.order_by(columns.position)):
        names[image].append(Reference(repository, tag, digest))
    return names


def _labels(connection: sa.Connection) -> defaultdict[str, dict[str, str]]:
    labels: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for image, key, value in connection.execute(sa.select(schema.label)):
        labels[image][key] = value
    return labels


def _image(row: sa.Row[Any], names: list[Reference], labels: dict[str, str]) -> Image:
    return Image(
        id=row.id,
        parent=row.parent,
        created=row.created,
        created_text=row.created_text,
        size=row.size,
        virtual_size=row.virtual_size,
        labels=labels if row.has_labels else None,
        tags=tuple(name for name in names if name.digest is None),
        digests=tuple(name for name in names if name.digest is not None),
        own_order=row.own_order,
        has_config=row.has_config,
        config=row.config,
    )


def _remove(connection: sa.Connection, images: Sequence[Image]) -> None:
    """Remove what *images* replace: the same Ids, and their tags wherever they are."""
    connection.execute(
        sa.delete(schema.image).where(schema.image.c.id == sa.bindparam("gone")),
        [{"gone": image.id} for image in images],
    )
    tags = [{"gone": tag.familiar} for image in images for tag in image.tags]
    if tags:
        connection.execute(
            sa.delete(schema.reference).where(schema.reference.c.name == sa.bindparam("gone")),
            tags,
        )


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterator[dict[str, object]]) -> None:
    if values := list(rows):
        connection.execute(sa.insert(table), values)


def _image_row(image: Image) -> dict[str, object]:
    return {
        "id": image.id,
        "parent": image.parent,
        "created": image.created,
        "created_text": image.created_text,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "has_labels": image.labels is not None,
        "own_order": image.own_order,
        "has_config": image.has_config,
        "config": image.config,
    }


def _name_rows(image: Image) -> Iterator[dict[str, object]]:
    for position, name in enumerate((*image.tags, *image.digests)):
        yield {
            "image": image.id,
            "name": name.familiar,
            "repository": name.repository,
            "tag": name.tag,
            "digest": name.digest,
            "position": position,
        }


def _label_rows(image: Image) -> Iterator[dict[str, object]]:
    for key, value in (image.labels or {}).items():
        yield {"image": image.id, "key": key, "value": value}
