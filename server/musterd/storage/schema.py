"""The tables, identical in every database; `musterd.storage.migrations` creates them.

Keys and constraints have the names that the migrations gave them, so that later migrations find
them in every catalogue.

In SQLite the tables have a file of their own. In PostgreSQL they are in the schema `musterd`, so
that they can share a database with other programs.

All accounts share the tables. The account is in every row and comes first in every key, which
separates the accounts. In PostgreSQL, row-level security policies also confine a transaction to the
account that it has set (`musterd.storage.postgresql`). Policies do not apply to superusers, and
SQLite has none, so every query also names the account.
"""

from typing import Any

import msgspec
from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)

from musterd.images.image import Layer
from musterd.images.target import Target

# The value of `catalogue.product`, which identifies a database of musterd.
PRODUCT = "musterd"
# The value of `catalogue.schema_version`; each version has a step in `musterd.storage.migrations`.
SCHEMA_VERSION = 7

# Text that is compared byte by byte, so that changes of the system's collations break no index.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def as_json(value: Any) -> str | None:
    """Encode a value for a column of type `Json`."""
    return None if value is None else msgspec.json.encode(value).decode()


class Json(TypeDecorator[Any]):
    """A value stored as JSON text, which is only read and written with its image.

    Separate tables for labels and layers would dominate the cost of a listing. JSON text can also
    hold the character NUL, which labels may contain and PostgreSQL's text cannot.

    Attributes:
        content: The type that msgspec decodes to.
    """

    impl = Text
    cache_ok = True

    def __init__(self, content: Any) -> None:
        super().__init__()
        self.content = content

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode a value; None becomes NULL."""
        return as_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Decode a value."""
        return None if value is None else msgspec.json.decode(value, type=self.content)


metadata = MetaData()

# A single row, which identifies the catalogue.
catalogue = Table(
    "catalogue",
    metadata,
    Column("product", TEXT, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    # Unused since schema 3. Older releases read it before they see that they are too old.
    Column("revision", BigInteger, nullable=False),
)

# One row per account; `revision` counts the writes to it.
account = Table(
    "account",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

image = Table(
    "image",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    # Shorter than the Id, for references from an index.
    Column("number", BigInteger, nullable=False),
    # Not a foreign key: the parent may be missing, or its Id shortened.
    Column("parent", TEXT),
    Column("created", BigInteger, nullable=False),
    Column("created_text", TEXT),
    Column("size", BigInteger, nullable=False),
    Column("virtual_size", BigInteger, nullable=False),
    Column("own_order", Boolean, nullable=False),
    Column("has_config", Boolean, nullable=False),
    # NULL if the source has no labels, as opposed to empty ones.
    Column("labels", Json(dict[str, str])),
    Column("shared_size", BigInteger),
    Column("containers", BigInteger),
    Column("layers", Json(tuple[Layer, ...])),
    Column("config", LargeBinary),
    # Read only in the containerd style.
    Column("targets", Json(tuple[Target, ...])),
    # NULL for an image; otherwise only the containerd style shows it (`Image.not_image`).
    Column("not_image", Json(str)),
    PrimaryKeyConstraint("account", "id", name="image_key"),
    ForeignKeyConstraint(["account"], ["account.name"], name="image_account"),
    UniqueConstraint("account", "number", name="image_number"),
    Index("image_parent", "account", "parent"),
)

# The labels of all images, by hash (`musterd.listing.prefilter.label_hash`).
label = Table(
    "label",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("mark", BigInteger, primary_key=True),
    # An image's number. Not a foreign key: checking each one is slow, and a stale entry is
    # harmless, because a prefilter need not be exact.
    Column("image", BigInteger, primary_key=True),
    PrimaryKeyConstraint("account", "mark", "image", name="label_mark"),
    sqlite_with_rowid=False,
)

reference = Table(
    "reference",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("image", TEXT, primary_key=True),
    # The familiar spelling, complete.
    Column("name", TEXT, primary_key=True),
    Column("repository", TEXT, nullable=False),
    Column("tag", TEXT),
    Column("digest", TEXT),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("account", "image", "name", name="reference_key"),
    ForeignKeyConstraint(
        ["account", "image"],
        ["image.account", "image.id"],
        name="reference_image",
        ondelete="CASCADE",
    ),
)
# Only one image has a tag. Several may have a digest: the images of a multi-platform manifest.
# It is no `Index`, since SQLAlchemy would load its whole dialect of PostgreSQL for the condition.
event.listen(
    reference,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE UNIQUE INDEX reference_tag ON reference (account, name) WHERE tag IS NOT NULL"
    ),
)
Index("reference_repository", reference.c.account, reference.c.repository)

# The latest events of each account (`musterd.storage.transaction.MOST_EVENTS`).
image_event = Table(
    "event",
    metadata,
    Column("account", TEXT, primary_key=True),
    # Grows from event to event.
    Column("number", BigInteger, primary_key=True),
    # Nanoseconds since 1970.
    Column("time", BigInteger, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("attributes", Json(dict[str, str]), nullable=False),
    PrimaryKeyConstraint("account", "number", name="event_key"),
    sqlite_with_rowid=False,
)

# Signatures of requests that changed something, for as long as they could be replayed.
used_signature = Table(
    "used_signature",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("signature", TEXT, primary_key=True),
    # Seconds since 1970.
    Column("expires", BigInteger, nullable=False),
    Index("used_signature_expires", "account", "expires"),
)
