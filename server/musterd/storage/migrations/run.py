"""Run the migrations."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from musterd.storage import schema
from musterd.storage.migrations.operations import Operations

Step = Callable[[Operations], None]


def migrate(connection: sa.Connection, version: int, steps: Sequence[Step]) -> None:
    """Run all of *steps* after schema *version*; 0 is an empty database.

    Args:
        connection: A connection in a transaction that locks out other processes, and that rolls
            back an incomplete migration.
        version: The schema version of the database.
        steps: The migrations to version 1, to version 2, and so on.
    """
    operations = Operations(connection)
    for step in steps[version:]:
        step(operations)
    connection.execute(sa.update(schema.catalogue).values(schema_version=len(steps)))
