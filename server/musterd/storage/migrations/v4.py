"""Schema 4: an index of labels, to find images without looking at all of them."""

import json
import zlib

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MINE = "(SELECT current_setting('musterd.account', true))"
# Images to process at a time.
_BATCH = 1000


def upgrade(op: Operations) -> None:
    """Assign numbers to the images, and index the marks of their labels by these numbers."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE image NO FORCE ROW LEVEL SECURITY")
    op.add_column("image", sa.Column("number", sa.BigInteger))
    _number(op)
    if postgresql:
        op.execute("ALTER TABLE image ALTER COLUMN number SET NOT NULL")
        op.execute("ALTER TABLE image ADD CONSTRAINT image_number UNIQUE (account, number)")
    else:
        _constrain_number(op)
    op.create_table(
        "label",
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("image", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "image", "mark", name="label_key"),
        sa.ForeignKeyConstraint(
            ["account", "image"],
            ["image.account", "image.number"],
            name="label_image",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    _mark(op)
    op.create_index("label_mark", "label", ["account", "mark"])
    if postgresql:
        op.execute("ALTER TABLE image FORCE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE label ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_account ON label USING (account = {_MINE})")


def _number(op: Operations) -> None:
    connection = op.get_bind()
    image = sa.table("image", sa.column("account"), sa.column("id"), sa.column("number"))
    keys = connection.execute(sa.select(image.c.account, image.c.id)).all()
    rows = [
        {"owner": account, "key": image_id, "number": number}
        for number, (account, image_id) in enumerate(keys, start=1)
    ]
    if rows:
        connection.execute(
            sa.update(image).where(
                image.c.account == sa.bindparam("owner"), image.c.id == sa.bindparam("key")
            ),
            rows,
        )


def _constrain_number(op: Operations) -> None:
    """Copy the images to a table with the constraints, which SQLite cannot add to one."""
    op.create_table(
        "image_4",
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("parent", _TEXT),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("created_text", _TEXT),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("virtual_size", sa.BigInteger, nullable=False),
        sa.Column("own_order", sa.Boolean, nullable=False),
        sa.Column("has_config", sa.Boolean, nullable=False),
        sa.Column("labels", sa.Text),
        sa.Column("shared_size", sa.BigInteger),
        sa.Column("containers", sa.BigInteger),
        sa.Column("layers", sa.Text),
        sa.Column("config", sa.LargeBinary),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "id", name="image_key"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="image_account"),
        sa.UniqueConstraint("account", "number", name="image_number"),
    )
    op.execute("INSERT INTO image_4 SELECT * FROM image")
    # Foreign keys of other tables name the table "image", whichever it is.
    op.drop_table("image")
    op.rename_table("image_4", "image")
    op.create_index("image_parent", "image", ["account", "parent"])


def _mark(op: Operations) -> None:
    connection = op.get_bind()
    image = sa.table(
        "image", sa.column("account"), sa.column("number"), sa.column("labels", sa.Text)
    )
    label = sa.table("label", sa.column("account"), sa.column("image"), sa.column("mark"))
    query = sa.select(image.c.account, image.c.number, image.c.labels)
    labelled = connection.execute(query.where(image.c.labels.is_not(None))).all()
    for start in range(0, len(labelled), _BATCH):
        rows = [
            {"account": account, "image": number, "mark": mark}
            for account, number, text in labelled[start : start + _BATCH]
            for mark in {_mark_of(*pair) for pair in json.loads(text).items()}
        ]
        if rows:
            connection.execute(sa.insert(label), rows)


def _mark_of(key: str, value: str) -> int:
    return ((zlib.crc32(_octets(key)) - 2**31) << 32) + zlib.crc32(_octets(value))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
