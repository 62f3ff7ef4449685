"""Schema 2: an image's labels and layers move into its row, as JSON text."""

import json
from collections import defaultdict

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations


def upgrade(op: Operations) -> None:
    """Move the labels, and add columns that later API versions show."""
    op.add_column("image", sa.Column("labels", sa.Text))
    op.add_column("image", sa.Column("shared_size", sa.BigInteger))
    op.add_column("image", sa.Column("containers", sa.BigInteger))
    op.add_column("image", sa.Column("layers", sa.Text))
    image = sa.table("image", sa.column("id"), sa.column("has_labels"), sa.column("labels"))
    label = sa.table("label", sa.column("image"), sa.column("key"), sa.column("value"))
    connection = op.get_bind()
    labels: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for owner, key, value in connection.execute(
        sa.select(label.c.image, label.c.key, label.c.value)
    ):
        labels[owner][key] = value
    labelled = connection.scalars(sa.select(image.c.id).where(image.c.has_labels)).all()
    if labelled:
        connection.execute(
            sa.update(image).where(image.c.id == sa.bindparam("owner")),
            [{"owner": owner, "labels": json.dumps(labels[owner])} for owner in labelled],
        )
    # The column has_labels stays: the next migration makes another table, without it.
    op.drop_table("label")
