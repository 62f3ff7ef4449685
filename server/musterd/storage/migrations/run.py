"""Taking the steps."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from musterd.storage import schema

if TYPE_CHECKING:
    from alembic.operations import Operations

Step = Callable[["Operations"], None]


def migrate(connection: sa.Connection, version: int, steps: Sequence[Step]) -> None:
    """Take all of *steps* that come after schema *version*, 0 for an empty database.

    Args:
        connection: In a transaction that holds off other processes, and undoes a half-done step.
        version: The schema version that the database has.
        steps: The step to version 1, to version 2, and so on.
    """
    # They take a while to load, which an up-to-date database need not wait for.
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    operations = Operations(MigrationContext.configure(connection))
    for step in steps[version:]:
        step(operations)
    connection.execute(sa.update(schema.catalogue).values(schema_version=len(steps)))
