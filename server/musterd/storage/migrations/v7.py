"""Schema 7: what Docker's containerd store knows of an image."""

import sqlalchemy as sa

from musterd.storage.migrations.operations import Operations


def upgrade(op: Operations) -> None:
    """Add the columns; nothing is known about the images that are already there."""
    op.add_column("image", sa.Column("targets", sa.Text))
    op.add_column("image", sa.Column("not_image", sa.Text))
