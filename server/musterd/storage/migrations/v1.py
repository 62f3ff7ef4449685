"""Schema 1: the tables of release 0.1."""

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Create the tables, and the row that identifies the catalogue."""
    catalogue = op.create_table(
        "catalogue",
        sa.Column("product", _TEXT, primary_key=True),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "image",
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("parent", _TEXT),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("created_text", _TEXT),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("virtual_size", sa.BigInteger, nullable=False),
        sa.Column("has_labels", sa.Boolean, nullable=False),
        sa.Column("own_order", sa.Boolean, nullable=False),
        sa.Column("has_config", sa.Boolean, nullable=False),
        sa.Column("config", sa.LargeBinary),
    )
    op.create_index("image_parent", "image", ["parent"])
    op.create_table(
        "reference",
        sa.Column("image", _TEXT, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", _TEXT, primary_key=True),
        sa.Column("repository", _TEXT, nullable=False),
        sa.Column("tag", _TEXT),
        sa.Column("digest", _TEXT),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index(
        "reference_tag",
        "reference",
        ["name"],
        unique=True,
        where="tag IS NOT NULL",
    )
    op.create_index("reference_repository", "reference", ["repository"])
    op.create_table(
        "label",
        sa.Column("image", _TEXT, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", _TEXT, primary_key=True),
        sa.Column("value", _TEXT, nullable=False),
    )
    op.create_index("label_key_value", "label", ["key", "value"])
    op.get_bind().execute(
        sa.insert(catalogue), [{"product": "musterd", "schema_version": 1, "revision": 0}]
    )
