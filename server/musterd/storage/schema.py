"""The tables, alike for every database; `musterd.migrations` makes them.

In SQLite they have the file for themselves. In PostgreSQL they stand in a schema of their own,
`musterd`, so that they can share a database with other programs' tables.

Each account has a catalogue of its own in the same tables: its name stands in every row, and first
in every key, so that nothing of one account can meet anything of another's. In PostgreSQL policies
of row-level security keep a transaction to the account that it has named first
(`musterd.postgresql`); superusers are above them, and SQLite has none, so every query names the
account besides.
"""

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from musterd.images.image import Layer

#: What `catalogue.product` says: the database is musterd's and no other program's.
PRODUCT = "musterd"
#: What `catalogue.schema_version` says; a step of `musterd.migrations` leads to each.
SCHEMA_VERSION = 5

#: Text that is compared byte for byte, so that an index outlives the system's sorting rules.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def as_json(value: Any) -> str | None:
    """Return what a column of type `Json` has for a value."""
    return None if value is None else msgspec.json.encode(value).decode()


class Json(TypeDecorator[Any]):
    """What is read and written only with its image, as a JSON text.

    As rows of tables of their own, labels and layers would make most of the work of a listing. And
    unlike a text of PostgreSQL's, one in JSON can hold the character NUL, which labels may have.
    """

    impl = Text
    cache_ok = True

    def __init__(self, content: Any) -> None:
        super().__init__()
        #: The type of what is read, for msgspec.
        self.content = content

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write a value; None becomes NULL."""
        return as_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read a value."""
        return None if value is None else msgspec.json.decode(value, type=self.content)


metadata = MetaData()

#: One row about the whole.
catalogue = Table(
    "catalogue",
    metadata,
    Column("product", TEXT, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    # Of no use since schema 3. Older releases look for it before they read that they are too old.
    Column("revision", BigInteger, nullable=False),
)

#: One row an account; `revision` counts the writes in it.
account = Table(
    "account",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

image = Table(
    "image",
    metadata,
    Column("account", TEXT, ForeignKey("account.name"), primary_key=True),
    Column("id", TEXT, primary_key=True),
    # Shorter than the Id, to refer to the image from an index.
    Column("number", BigInteger, nullable=False),
    # No foreign key: an image may come without its parent, or with a shortened Id of it.
    Column("parent", TEXT),
    Column("created", BigInteger, nullable=False),
    Column("created_text", TEXT),
    Column("size", BigInteger, nullable=False),
    Column("virtual_size", BigInteger, nullable=False),
    Column("own_order", Boolean, nullable=False),
    Column("has_config", Boolean, nullable=False),
    # NULL where the source has no labels, which is something else than empty ones.
    Column("labels", Json(dict[str, str])),
    Column("shared_size", BigInteger),
    Column("containers", BigInteger),
    Column("layers", Json(tuple[Layer, ...])),
    Column("config", LargeBinary),
    UniqueConstraint("account", "number", name="image_number"),
    Index("image_parent", "account", "parent"),
)

#: An index of the labels of all images, by their hashes (`musterd.listing.prefilter.label_hash`).
label = Table(
    "label",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("mark", BigInteger, primary_key=True),
    # A number. No foreign key: to look for each one takes long, and an entry too many does no harm,
    # since a prefilter need not be exact.
    Column("image", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

reference = Table(
    "reference",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("image", TEXT, primary_key=True),
    #: The familiar spelling, whole.
    Column("name", TEXT, primary_key=True),
    Column("repository", TEXT, nullable=False),
    Column("tag", TEXT),
    Column("digest", TEXT),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["account", "image"], ["image.account", "image.id"], ondelete="CASCADE"),
)
# A tag stands at one image. A digest may stand at several: those of one multi-platform manifest.
Index(
    "reference_tag",
    reference.c.account,
    reference.c.name,
    unique=True,
    sqlite_where=reference.c.tag.is_not(None),
    postgresql_where=reference.c.tag.is_not(None),
)
Index("reference_repository", reference.c.account, reference.c.repository)

#: The signatures of requests that changed something, as long as they could be sent again.
used_signature = Table(
    "used_signature",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("signature", TEXT, primary_key=True),
    #: In seconds since 1970.
    Column("expires", BigInteger, nullable=False),
    Index("used_signature_expires", "account", "expires"),
)
