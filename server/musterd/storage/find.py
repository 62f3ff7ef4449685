"""Find the image that a request names (`musterd.listing.lookup`) with a database's indexes."""

import sqlalchemy as sa

from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import LAST
from musterd.storage import schema

_ACCOUNT: sa.BindParameter[str] = sa.bindparam("account")
_image = schema.image.c
_name = schema.reference.c

# Several images may have the same digest.
_WITH_NAME = (
    sa.select(_name.image)
    .where(
        _name.account == _ACCOUNT,
        _name.repository == sa.bindparam("repository"),
        _name.name == sa.bindparam("name"),
    )
    .order_by(_name.image)
    .limit(1)
)
# Two matches are enough to know that the prefix is ambiguous.
_WITH_ID = (
    sa.select(_image.id)
    .where(
        _image.account == _ACCOUNT,
        _image.not_image.is_(None),
        sa.or_(
            # PostgreSQL accepts no collation in BETWEEN.
            sa.and_(_image.id >= sa.bindparam("first"), _image.id <= sa.bindparam("last")),
            sa.and_(_image.id >= sa.bindparam("bare"), _image.id <= sa.bindparam("last_bare")),
        ),
    )
    .limit(2)
)


def find(connection: sa.Connection, account: str, name: ImageName) -> str | None:
    """Return the stored Id of the image with that name, Id or prefix of an Id.

    Args:
        connection: A transaction that may read the account.
        account: The account that has the images.
        name: The name to look up.
    """
    if name.reference is not None:
        wanted = {"name": name.reference.familiar, "repository": name.reference.repository}
        owner: str | None = connection.scalar(_WITH_NAME, {"account": account, **wanted})
        if owner is not None:
            return owner
    if name.id is None:
        return None
    spelled, digits = name.id.spellings
    bounds = {"first": spelled, "last": spelled + LAST}
    bounds |= {"bare": digits, "last_bare": digits + LAST}
    ids: list[str] = list(connection.scalars(_WITH_ID, {"account": account, **bounds}))
    return ids[0] if len(ids) == 1 else None
