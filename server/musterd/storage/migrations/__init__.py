"""The steps that lead from each schema version to the next, the first one from nothing.

A new catalogue takes them all, so that it cannot differ from one that grew up. A step is never
changed once it was released: it describes the tables as they were, not as `musterd.schema` has
them today. The version stands in `catalogue.schema_version`, which every release reads before all
else; Alembic's own table of versions would be a second truth.
"""

from musterd.storage.migrations import v1, v2, v3, v4, v5
from musterd.storage.migrations.run import migrate

#: Step n leads to schema version n + 1.
STEPS = (v1.upgrade, v2.upgrade, v3.upgrade, v4.upgrade, v5.upgrade)

__all__ = ["STEPS", "migrate"]
