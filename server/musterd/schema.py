"""The tables, alike for every database that SQLAlchemy speaks to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

#: What `catalogue.product` says: the database is musterd's and no other program's.
PRODUCT = "musterd"
#: What `catalogue.schema_version` says; counted up when these tables change.
SCHEMA_VERSION = 1

metadata = MetaData()

#: One row about the whole; `revision` counts the writes.
catalogue = Table(
    "catalogue",
    metadata,
    Column("product", Text, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

image = Table(
    "image",
    metadata,
    Column("id", Text, primary_key=True),
    # No foreign key: an image may come without its parent, or with a shortened Id of it.
    Column("parent", Text),
    Column("created", BigInteger, nullable=False),
    Column("created_text", Text),
    Column("size", BigInteger, nullable=False),
    Column("virtual_size", BigInteger, nullable=False),
    # False where the source has no labels, which is something else than empty ones.
    Column("has_labels", Boolean, nullable=False),
    Column("own_order", Boolean, nullable=False),
    Column("has_config", Boolean, nullable=False),
    Column("config", LargeBinary),
    Index("image_parent", "parent"),
)

reference = Table(
    "reference",
    metadata,
    Column("image", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    #: The familiar spelling, whole.
    Column("name", Text, primary_key=True),
    Column("repository", Text, nullable=False),
    Column("tag", Text),
    Column("digest", Text),
    Column("position", Integer, nullable=False),
)
# A tag stands at one image. A digest may stand at several: those of one multi-platform manifest.
Index(
    "reference_tag",
    reference.c.name,
    unique=True,
    sqlite_where=reference.c.tag.is_not(None),
    postgresql_where=reference.c.tag.is_not(None),
)
Index("reference_repository", reference.c.repository)

label = Table(
    "label",
    metadata,
    Column("image", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("label_key_value", "key", "value"),
)
