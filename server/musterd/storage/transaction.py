"""A transaction that reads and changes a catalogue.

It holds a lock on the account's row, so that nothing it has read changes before it ends.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from musterd.images.event import Event
from musterd.images.image import Image
from musterd.images.image_id import ImageId
from musterd.images.reference import Reference
from musterd.images.target import Target, merged
from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import label_hash
from musterd.storage import rows, schema
from musterd.storage.database import Database, batches
from musterd.storage.find import find
from musterd.storage.snapshot import Snapshot

# The events that an account keeps (moby v20.10.24 ``daemon/events/events.go:eventsLimit``).
MOST_EVENTS = 256

# An image's number and labels.
_Labelled = tuple[int, Mapping[str, str] | None]

_image = schema.image.c
_name = schema.reference.c
# Makes a query use the index of tags, which contains nothing else.
_IS_TAG = _name.tag.is_not(None)


class Transaction:
    """A transaction that writes one account's catalogue.

    Images are identified by their Ids as stored.
    """

    def __init__(self, database: Database, connection: sa.Connection, account: str) -> None:
        self._database = database
        self._connection = connection
        self._account = account
        # Every statement uses one of these conditions, or has the account in its rows.
        self._own_image = _image.account == account
        self._own_name = _name.account == account

    def find(self, name: ImageName) -> str | None:
        """Return the Id of the image with that name, Id, or unambiguous prefix of an Id."""
        return find(self._connection, self._account, name)

    def snapshot(self) -> Snapshot:
        """Return a view of the images before further changes; close it before making any."""
        return Snapshot(self._connection, self._account)

    def names(self, image_id: str) -> list[Reference]:
        """Return an image's names, sorted by their full spellings."""
        query = sa.select(_name.repository, _name.tag, _name.digest)
        rows = self._connection.execute(query.where(self._own_name, _name.image == image_id))
        return sorted((Reference(*row) for row in rows), key=lambda name: name.full)

    def parent(self, image_id: str) -> str | None:
        """Return the Id of an image's parent, if the parent is in the catalogue."""
        query = sa.select(_image.parent).where(self._own_image, _image.id == image_id)
        parent: str | None = self._connection.execute(query).scalar_one()
        return None if parent is None else self._stored(parent)

    def config(self, image_id: str) -> bytes | None:
        """Return an image's config; None if the image came without one."""
        query = sa.select(_image.config).where(self._own_image, _image.id == image_id)
        config: bytes | None = self._connection.execute(query).scalar_one()
        return config

    def labels(self, image_id: str) -> Mapping[str, str]:
        """Return an image's labels."""
        query = sa.select(_image.labels).where(self._own_image, _image.id == image_id)
        labels: Mapping[str, str] | None = self._connection.execute(query).scalar_one()
        return labels or {}

    def record(self, event: Event) -> None:
        """Add an event, and forget the oldest one if there are too many."""
        number = schema.image_event.c.number
        own = schema.image_event.c.account == self._account
        last = self._connection.execute(sa.select(sa.func.max(number)).where(own)).scalar_one()
        next_number = (last or 0) + 1
        self._connection.execute(
            sa.delete(schema.image_event).where(own, number <= next_number - MOST_EVENTS)
        )
        row = {"account": self._account, "number": next_number, **msgspec.structs.asdict(event)}
        self._connection.execute(sa.insert(schema.image_event), row)

    def has_children(self, image_id: str) -> bool:
        """Tell whether the image is the parent of another."""
        query = (
            sa.select(_image.id)
            .where(
                self._own_image,
                _image.parent.in_(ImageId.of(image_id).spellings),
                _image.id != image_id,
            )
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def add(self, images: Iterable[Image]) -> tuple[list[Image], dict[Reference, str]]:
        """Load *images*. An image that exists already keeps its names, and gets the new ones.

        Returns:
            The images that are new, and the tags that moved, with the Id of the image that had
            them.
        """
        new: list[Image] = []
        moved: dict[Reference, str] = {}
        for image in images:
            stored = self._stored(image.id)
            if stored is None:
                new.append(image)
                self._insert_images([image])
            else:
                self._update(stored, image)
            for tag in image.tags:
                loser = self.tag(stored or image.id, tag)
                if loser is not None:
                    moved[tag] = loser
        return new, moved

    def clear(self) -> None:
        """Delete all images of the account."""
        own_entry = schema.label.c.account == self._account
        self._connection.execute(sa.delete(schema.label).where(own_entry))
        self._connection.execute(sa.delete(schema.image).where(self._own_image))

    def put(self, images: Sequence[Image]) -> None:
        """Store *images*, replacing those with the same Ids, and move their tags to them."""
        if not images:
            return
        if not self._is_empty():
            self._make_room(images)
        # Inserting in key order saves the database a search for each row.
        images = sorted(images, key=lambda image: image.id)
        self._insert_images(images)
        self._insert(
            schema.reference,
            (
                self._name_row(image.id, name, position)
                for image in images
                for position, name in enumerate((*image.tags, *image.digests))
            ),
        )

    def _is_empty(self) -> bool:
        any_image = sa.select(_image.id).where(self._own_image).limit(1)
        return self._connection.execute(any_image).first() is None

    def _make_room(self, images: Sequence[Image]) -> None:
        """Delete the images with the Ids of *images*, and take the new tags from other images."""
        ids = [text for image in images for text in ImageId.of(image.id).spellings]
        self._unmark(ids)
        keys = ({"account": self._account, "id": text} for text in ids)
        self._database.delete(self._connection, schema.image, keys)
        tags = [{"gone": tag.familiar} for image in images for tag in image.tags]
        if tags:
            self._connection.execute(
                sa.delete(schema.reference).where(
                    self._own_name, _IS_TAG, _name.name == sa.bindparam("gone")
                ),
                tags,
            )

    def tag(self, image_id: str, tag: Reference) -> str | None:
        """Tag an image; return the Id of the image that had the tag, if another one had it."""
        query = sa.select(_name.image).where(self._own_name, _IS_TAG, _name.name == tag.familiar)
        owner: str | None = self._connection.execute(query).scalar_one_or_none()
        if owner == image_id:
            return None
        if owner is not None:
            self.untag(owner, tag)
        self._insert(schema.reference, [self._name_row(image_id, tag, self._end(image_id))])
        return owner

    def set_targets(self, image_id: str, targets: tuple[Target, ...]) -> None:
        """Replace what the containerd store has of an image."""
        this = (self._own_image, _image.id == image_id)
        self._connection.execute(sa.update(schema.image).where(*this).values(targets=targets))

    def add_targets(self, image_id: str, targets: Sequence[Target]) -> None:
        """Add to what the containerd store has of an image."""
        self.set_targets(image_id, merged((*self._targets(image_id), *targets)))

    def _targets(self, image_id: str) -> tuple[Target, ...]:
        query = sa.select(_image.targets).where(self._own_image, _image.id == image_id)
        known: tuple[Target, ...] | None = self._connection.execute(query).scalar_one()
        return known or ()

    def add_digest(self, image_id: str, name: Reference, *, move: bool = False) -> None:
        """Give an image a name with a digest.

        Args:
            image_id: The Id of the image.
            name: The name.
            move: Whether to take it from another image that has it, which otherwise keeps it.
        """
        digest = (self._own_name, _name.repository == name.repository, _name.name == name.familiar)
        owners = list(self._connection.scalars(sa.select(_name.image).where(*digest)))
        if image_id in owners or (owners and not move):
            return
        self._connection.execute(sa.delete(schema.reference).where(*digest))
        self._insert(schema.reference, [self._name_row(image_id, name, self._end(image_id))])

    def untag(self, image_id: str, name: Reference) -> None:
        """Remove a name from an image."""
        self._connection.execute(
            sa.delete(schema.reference).where(
                self._own_name, _name.image == image_id, _name.name == name.familiar
            )
        )

    def remove(self, image_id: str) -> None:
        """Delete an image and all its names."""
        self._unmark([image_id])
        self._connection.execute(
            sa.delete(schema.image).where(self._own_image, _image.id == image_id)
        )

    def _end(self, image_id: str) -> int:
        """Return the position behind the last name of an image."""
        last = sa.select(sa.func.max(_name.position)).where(self._own_name, _name.image == image_id)
        position: int | None = self._connection.execute(last).scalar_one()
        return 0 if position is None else position + 1

    def _stored(self, image_id: str) -> str | None:
        """Return an image's Id as stored: with or without the algorithm."""
        query = sa.select(_image.id).where(
            self._own_image, _image.id.in_(ImageId.of(image_id).spellings)
        )
        found: str | None = self._connection.execute(query).scalars().first()
        return found

    def _insert_images(self, images: Sequence[Image]) -> None:
        last = sa.select(sa.func.max(_image.number)).where(self._own_image)
        first = (self._connection.execute(last).scalar_one() or 0) + 1
        numbered = list(enumerate(images, start=first))
        self._insert(
            schema.image,
            (
                {
                    "account": self._account,
                    **rows.image_row(image),
                    "number": number,
                    "labels": schema.as_json(image.labels),
                    "layers": schema.as_json(image.layers),
                    "targets": schema.as_json(image.targets or None),
                    "not_image": schema.as_json(image.not_image),
                }
                for number, image in numbered
            ),
        )
        self._mark((number, image.labels) for number, image in numbered)

    def _update(self, image_id: str, image: Image) -> None:
        """Update the image with this Id to equal *image*, but keep its names."""
        self._unmark([image_id])
        this = (self._own_image, _image.id == image_id)
        targets = merged((*self._targets(image_id), *image.targets))
        row = rows.image_row(replace(image, id=image_id, targets=targets))
        if image.parent is None:
            # Keep a parent that is already known.
            del row["parent"]
        self._connection.execute(sa.update(schema.image).where(*this).values(row))
        number: int = self._connection.execute(sa.select(_image.number).where(*this)).scalar_one()
        self._mark([(number, image.labels)])

    def _mark(self, labelled: Iterable[_Labelled]) -> None:
        """Add images to the index of labels."""
        self._insert(schema.label, self._label_rows(labelled))

    def _unmark(self, ids: Iterable[str]) -> None:
        """Delete existing images from the index of labels."""
        for some in batches(ids):
            query = sa.select(_image.number, _image.labels)
            stored = self._connection.execute(query.where(self._own_image, _image.id.in_(some)))
            rows = self._label_rows(map(tuple, stored))
            self._database.delete(self._connection, schema.label, rows)

    def _insert(self, table: sa.Table, rows: Iterable[dict[str, object]]) -> None:
        self._database.insert(self._connection, table, rows)

    def _label_rows(self, labelled: Iterable[_Labelled]) -> Iterable[dict[str, object]]:
        """Return the rows of the index of labels, in key order."""
        entries = {
            (label_hash(key, value), number)
            for number, labels in labelled
            for key, value in (labels or {}).items()
        }
        return (
            {"account": self._account, "mark": mark, "image": number}
            for mark, number in sorted(entries)
        )

    def _name_row(self, image_id: str, name: Reference, position: int) -> dict[str, object]:
        own = {"account": self._account, "image": image_id}
        return own | rows.name_row(name, position)
