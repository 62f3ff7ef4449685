"""Schema 6: events, for clients that follow them."""

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MINE = "(SELECT current_setting('musterd.account', true))"


def upgrade(op: Operations) -> None:
    """Create the table."""
    op.create_table(
        "event",
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "number", name="event_key"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_account ON event USING (account = {_MINE})")
