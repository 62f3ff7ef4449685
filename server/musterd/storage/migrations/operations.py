"""Changes of tables, in the SQL of SQLite or PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn, SchemaItem


class Operations:
    """What migrations do with tables.

    Args:
        connection: A connection in the transaction of the migration.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get_bind(self) -> sa.Connection:
        """Return the connection."""
        return self._connection

    def execute(self, statement: str) -> None:
        """Run an SQL statement."""
        self._connection.execute(sa.text(statement))

    def create_table(
        self, name: str, *items: SchemaItem, sqlite_with_rowid: bool = True
    ) -> sa.Table:
        """Create a table of columns and constraints."""
        metadata = sa.MetaData()
        table = sa.Table(name, metadata, *items, sqlite_with_rowid=sqlite_with_rowid)
        # SQLAlchemy looks up what a foreign key refers to, even if only its name is needed.
        for key in table.foreign_keys:
            target, column = key.target_fullname.split(".")
            sa.Table(target, metadata, sa.Column(column), extend_existing=True)
        table.create(self._connection)
        return table

    def rename_table(self, name: str, new_name: str) -> None:
        """Rename a table; its indexes and constraints keep their names."""
        self.execute(f"ALTER TABLE {name} RENAME TO {new_name}")

    def drop_table(self, name: str) -> None:
        """Drop a table with its indexes."""
        self.execute(f"DROP TABLE {name}")

    def add_column(self, table: str, column: sa.Column[object]) -> None:
        """Add a column that may be NULL."""
        sa.Table(table, sa.MetaData(), column)
        added = CreateColumn(column).compile(dialect=self._connection.dialect)
        self.execute(f"ALTER TABLE {table} ADD COLUMN {added}")

    def create_index(
        self,
        name: str,
        table: str,
        columns: Sequence[str],
        *,
        unique: bool = False,
        where: str = "",
    ) -> None:
        """Create an index; *where* restricts it to some rows."""
        kind = "UNIQUE INDEX" if unique else "INDEX"
        condition = f" WHERE {where}" if where else ""
        self.execute(f"CREATE {kind} {name} ON {table} ({', '.join(columns)}){condition}")

    def drop_index(self, name: str) -> None:
        """Drop an index."""
        self.execute(f"DROP INDEX {name}")
