"""Schema 3: accounts with separate catalogues; existing images go to the default account."""

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IMAGE = (
    "id, parent, created, created_text, size, virtual_size, own_order, has_config, labels,"
    " shared_size, containers, layers, config"
)
_REFERENCE = "image, name, repository, tag, digest, position"
# The subquery makes PostgreSQL read the setting once per statement, not per row.
_MINE = "(SELECT current_setting('musterd.account', true))"


def upgrade(op: Operations) -> None:
    """Add an account to every row, and separate the accounts."""
    _make_accounts(op)
    # SQLite cannot change keys: copy the rows to new tables.
    for index in ("reference_repository", "reference_tag"):
        op.drop_index(index)
    op.drop_index("image_parent")
    for name in ("reference", "image"):
        op.rename_table(name, f"{name}_2")
    _make_image(op)
    _make_reference(op)
    _make_used_signature(op)
    for name, columns in (("image", _IMAGE), ("reference", _REFERENCE)):
        op.execute(
            f"INSERT INTO {name} (account, {columns}) SELECT 'default', {columns} FROM {name}_2"  # noqa: S608  # all of it stands above
        )
    for name in ("reference", "image"):
        op.drop_table(f"{name}_2")
    if op.get_bind().dialect.name == "postgresql":
        _make_policies(op)


def _make_accounts(op: Operations) -> None:
    op.create_table(
        "account",
        sa.Column("name", _TEXT, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO account (name, revision) SELECT 'default', revision FROM catalogue")


def _make_image(op: Operations) -> None:
    op.create_table(
        "image",
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
        # Named explicitly, because in PostgreSQL the names of the old keys are still in use.
        sa.PrimaryKeyConstraint("account", "id", name="image_key"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="image_account"),
    )
    op.create_index("image_parent", "image", ["account", "parent"])


def _make_reference(op: Operations) -> None:
    op.create_table(
        "reference",
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("image", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("repository", _TEXT, nullable=False),
        sa.Column("tag", _TEXT),
        sa.Column("digest", _TEXT),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "image", "name", name="reference_key"),
        sa.ForeignKeyConstraint(
            ["account", "image"],
            ["image.account", "image.id"],
            name="reference_image",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "reference_tag",
        "reference",
        ["account", "name"],
        unique=True,
        where="tag IS NOT NULL",
    )
    op.create_index("reference_repository", "reference", ["account", "repository"])


def _make_used_signature(op: Operations) -> None:
    op.create_table(
        "used_signature",
        sa.Column("account", _TEXT, primary_key=True),
        sa.Column("signature", _TEXT, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("used_signature_expires", "used_signature", ["account", "expires"])


def _make_policies(op: Operations) -> None:
    """Confine a transaction to the account that it has set.

    A later migration that changes rows must lift the policies (NO FORCE), or it would see no rows.
    """
    for table in ("image", "reference", "used_signature"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_account ON {table} USING (account = {_MINE})")
    # A statement outside a transaction reads revisions all the time, so they may be seen by all,
    # but not changed.
    op.execute("ALTER TABLE account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY anyone ON account FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY own_insert ON account FOR INSERT WITH CHECK (name = {_MINE})")
    op.execute(f"CREATE POLICY own_update ON account FOR UPDATE USING (name = {_MINE})")
