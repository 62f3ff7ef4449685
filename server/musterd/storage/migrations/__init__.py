"""The migrations from each schema version to the next; the first one creates the tables.

A new catalogue gets the tables of the current schema at once (`fresh`), and a test compares them
with those of all migrations. A released migration never changes: it describes the tables of its
time, not those that `musterd.storage.schema` has today. The version is in
`catalogue.schema_version`, which every release reads first.
"""

from musterd.storage.migrations import v1, v2, v3, v4, v5, v6, v7
from musterd.storage.migrations.fresh import create
from musterd.storage.migrations.run import migrate

# The migration at index n leads to schema version n + 1.
STEPS = (
    v1.upgrade,
    v2.upgrade,
    v3.upgrade,
    v4.upgrade,
    v5.upgrade,
    v6.upgrade,
    v7.upgrade,
)

__all__ = ["STEPS", "create", "migrate"]
