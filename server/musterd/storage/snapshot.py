"""A consistent view of a catalogue, which reads only what a query needs.

The database filters and sorts, and returns a few hundred rows at a time. A listing takes little
more memory than its response, however many images there are, and time in proportion to the images
that the database selects.
"""

import functools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from musterd.images import platform
from musterd.images.event import Event
from musterd.images.image import NEVER, Image, Layer
from musterd.images.image_id import ImageId
from musterd.images.platform import Platform
from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import Prefilter
from musterd.listing.source import Candidate, Images, ListedImage
from musterd.storage import rows, schema
from musterd.storage.find import find

# Rows to fetch at a time.
_BATCH = 500

_ACCOUNT: sa.BindParameter[str] = sa.bindparam("account")
_image = schema.image.c
_name = schema.reference.c
_label = schema.label.c
_child = schema.image.alias("child")
# The other spelling of an Id: with its algorithm if it has none, and without if it has one.
_OTHER_SPELLING = sa.case(
    (_image.id.startswith("sha256:"), sa.func.substr(_image.id, len("sha256:") + 1)),
    else_=sa.literal("sha256:").concat(_image.id),
)
_HAS_CHILDREN = sa.exists(
    sa.select(sa.literal(1)).where(
        _child.c.account == _ACCOUNT, _child.c.parent.in_([_image.id, _OTHER_SPELLING])
    )
)

# Prepared once: building this query takes longer than running it.
_REVISION = sa.select(schema.account.c.revision).where(schema.account.c.name == _ACCOUNT)
# Names and revision come with the images, as each further query costs more than a few rows.
_ROWS = sa.select(
    *rows.SHOWN,
    _HAS_CHILDREN,
    _REVISION.scalar_subquery(),
    *rows.NAME,
    # An outer join makes SQLite start with the images instead of all names.
).outerjoin(schema.reference, sa.and_(_name.account == _image.account, _name.image == _image.id))
# Everything that the containerd style shows.
_EVERYTHING = (
    sa.select(*rows.SHOWN, *rows.IN_CONTAINERD, *rows.NAME)
    .outerjoin(schema.reference, sa.and_(_name.account == _image.account, _name.image == _image.id))
    .where(_image.account == _ACCOUNT)
    .order_by(_image.id, _name.position)
    .execution_options(yield_per=_BATCH)
)
_WITH_ID = _ROWS.where(_image.account == _ACCOUNT, _image.id == sa.bindparam("id")).order_by(
    _name.position
)
# What only the containerd style shows is left out everywhere else.
_IS_IMAGE = _image.not_image.is_(None)
_ONE_MORE = (
    sa.select(_image.id)
    .where(_image.account == _ACCOUNT, _IS_IMAGE)
    .limit(1)
    .offset(sa.bindparam("most", type_=sa.Integer))
)
_LAYERS = sa.select(_image.id, _image.layers).where(_image.account == _ACCOUNT)
_NOT_SHOWN = sa.select(_image.id, _image.layers, _image.config).where(_image.account == _ACCOUNT)
_CONFIG = sa.select(_image.config).where(
    _image.account == _ACCOUNT, _image.id == sa.bindparam("image")
)
_ITS_LAYERS = sa.select(_image.layers).where(
    _image.account == _ACCOUNT, _image.id == sa.bindparam("image")
)
_event = schema.image_event.c
_EVENTS = (
    sa.select(_event.number, _event.action, _event.actor, _event.attributes, _event.time)
    .where(_event.account == _ACCOUNT, _event.number > sa.bindparam("after"))
    .order_by(_event.number)
)
_COUNT = sa.select(sa.func.count(_image.id)).where(_image.account == _ACCOUNT, _IS_IMAGE)


class Snapshot:
    """An account's catalogue in a transaction with a consistent view."""

    def __init__(self, connection: sa.Connection, account: str) -> None:
        self._connection = connection
        self._account = account
        self._revision: int | None = None
        self._streams: list[sa.CursorResult[Any]] = []

    def close(self) -> None:
        """Release unread results; call this before the transaction ends."""
        for stream in self._streams:
            stream.close()

    @property
    def revision(self) -> int:
        """A number that every write changes; while it is the same, so are the images."""
        # Known already if any image was read.
        if self._revision is None:
            # An account has no row before its first write.
            self._revision = self._execute(_REVISION).scalar_one_or_none() or 0
        return self._revision

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are at most *most* images, without counting further."""
        return self._execute(_ONE_MORE, most=most).scalar_one_or_none() is None

    def candidates(self, prefilter: Prefilter, undated: int) -> Iterator[Candidate]:
        """Yield the images, newest first, and by Id within a second.

        Args:
            prefilter: Conditions; images that do not meet them may be left out.
            undated: `Created` of an image without a creation date.
        """
        if prefilter.names == ():
            return
        names = prefilter.names or ()
        values: dict[str, object] = {"undated": undated}
        if prefilter.label is not None:
            values |= {"first_mark": prefilter.label.first, "last_mark": prefilter.label.last}
        for index, each in enumerate(names):
            values |= {f"first_{index}": each.first, f"last_{index}": each.last}
            values |= {f"repository_{index}": each.repository}
        query = _query(len(names), with_label=prefilter.label is not None)
        stream = self._execute(query, **values)
        self._streams.append(stream)
        yield from self._candidates(stream)

    def in_memory(self, candidates: list[Candidate], undated: int) -> Images:
        """Return a source of all images, which `candidates` has returned for *undated*."""
        return Images.ordered(candidates, undated, self.revision)

    def rendered(self, key: Hashable) -> dict[str, bytes] | None:
        """Return None: nothing that was rendered is kept with the tables."""
        del key
        found: dict[str, bytes] | None = None
        return found

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        image_id = find(self._connection, self._account, name)
        if image_id is None:
            return None
        (found,) = self._candidates(self._execute(_WITH_ID, id=image_id))
        return found.entry.image

    def events(self, after: int = 0) -> list[tuple[int, Event]]:
        """Return the events that are still known, in order, with their growing numbers.

        Args:
            after: Leave out the events up to this number.
        """
        found = self._execute(_EVENTS, after=after)
        return [
            (row.number, Event(row.action, row.actor, row.attributes, row.time)) for row in found
        ]

    def count(self) -> int:
        """Return the number of images."""
        count: int = self._execute(_COUNT).scalar_one()
        return count

    def config(self, image_id: str) -> bytes | None:
        """Return the config of an existing image; None if it came without one."""
        config: bytes | None = self._execute(_CONFIG, image=image_id).scalar_one()
        return config

    def of_platform(self, image: Image, wanted: Platform | None, name: str) -> Image:
        """Return an existing image with its config.

        Args:
            image: The image.
            wanted: The platform that it must run on; None for any.
            name: The name of the image in messages.

        Raises:
            NotFoundError: It does not run on that platform.
        """
        config = self.config(image.id)
        platform.check(wanted, config, name)
        return replace(image, config=config)

    def layers(self, image_id: str) -> tuple[Layer, ...] | None:
        """Return the layers of an existing image; None if it came without them."""
        layers: tuple[Layer, ...] | None = self._execute(_ITS_LAYERS, image=image_id).scalar_one()
        return layers

    def lineage(self, image: Image) -> Iterator[Image]:
        """Yield *image*, its parent, that one's parent, and so on, as far as they are here.

        This may go on for ever, if an image is its own ancestor.
        """
        found: Image | None = image
        while found is not None:
            yield found
            parent = None if found.parent is None else ImageId.parse(found.parent)
            found = None if parent is None else self.find(ImageName.of_id(parent))

    def images(self) -> list[Image]:
        """Return all images, newest first, with everything known about them."""
        not_shown = {row.id: row for row in self._execute(_NOT_SHOWN)}
        found = [
            replace(image, layers=not_shown[image.id].layers, config=not_shown[image.id].config)
            for image in self.everything()
        ]
        return sorted(found, key=lambda image: (-image.created, image.id))

    def everything(self) -> Iterator[Image]:
        """Yield all images and whatever else has a name, without configs and layers."""
        for _, found in self.everything_as_stored():
            yield rows.with_targets(found)

    def everything_as_stored(self) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
        """Yield the Id and the rows of everything that `everything` yields."""
        stream = self._execute(_EVERYTHING)
        self._streams.append(stream)
        for image_id, found in groupby(stream, itemgetter(0)):
            yield image_id, tuple(found)

    def all_layers(self) -> dict[str, tuple[Layer, ...] | None]:
        """Return the layers of everything, by Id; None where they are unknown."""
        return dict(map(tuple, self._execute(_LAYERS)))

    def all(self) -> Iterator[Image]:
        """Yield all images with everything known about them except their configs."""
        layers = self.all_layers()
        for image in self._shown():
            yield replace(image, layers=layers[image.id])

    def _shown(self) -> Iterator[Image]:
        for candidate in self.candidates(Prefilter(), NEVER):
            yield candidate.entry.image

    def _candidates(self, found: Iterable[Sequence[Any]]) -> Iterator[Candidate]:
        for image, beside in rows.images(found):
            has_children, self._revision = beside
            yield Candidate(ListedImage(image, image.tags, image.digests), has_children)

    def _execute(self, query: sa.Select[Any], **values: object) -> sa.CursorResult[Any]:
        return self._connection.execute(query, {"account": self._account, **values})


@functools.cache
def _query(names: int, *, with_label: bool) -> sa.Select[Any]:
    """Build the query for images, newest first, each with its names in order.

    Args:
        names: The number of name ranges; an image must have a name in one of them.
        with_label: Whether an image must have a label.
    """
    narrowed = [_image.account == _ACCOUNT, _IS_IMAGE]
    if with_label:
        marks = (_number("first_mark"), _number("last_mark"))
        labelled = sa.select(_label.image)
        labelled = labelled.where(_label.account == _ACCOUNT, _label.mark.between(*marks))
        narrowed.append(_image.number.in_(labelled))
    if names:
        parts = [part for index in range(names) for part in _named(index)]
        narrowed.append(_image.id.in_(sa.union(*parts)))
    created = sa.case(
        (
            sa.and_(_image.created == NEVER, _image.created_text.is_(None)),
            sa.bindparam("undated", type_=sa.BigInteger),
        ),
        else_=_image.created,
    )
    query = _ROWS.where(*narrowed).order_by(created.desc(), _image.id, _name.position)
    # A query for all images: fetch a few hundred rows at a time.
    return query if names or with_label else query.execution_options(yield_per=_BATCH)


def _named(index: int) -> Iterator[sa.Select[Any]]:
    """Yield queries for the images with a name in a range; each can use an index."""
    first, last = _text(f"first_{index}"), _text(f"last_{index}")
    own = sa.select(_name.image).where(_name.account == _ACCOUNT)
    yield own.where(*_within(_name.repository, first, last))
    yield own.where(_name.tag.is_not(None), *_within(_name.name, first, last))
    same = _name.repository == sa.bindparam(f"repository_{index}")
    yield own.where(same, *_within(_name.name, first, last))


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text)


def _within(
    column: sa.Column[str], first: sa.BindParameter[str], last: sa.BindParameter[str]
) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    # PostgreSQL accepts no collation in BETWEEN.
    return column >= first, column <= last
