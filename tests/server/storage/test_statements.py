"""The watch over the store's statements detects those without an account."""

import pytest
import sqlalchemy as sa

from musterd.storage import schema
from tests.server.support import statements

image, reference, account = schema.image.c, schema.reference.c, schema.account.c
MINE = image.account == "a"
child = schema.image.alias()
OF_CHILD = child.c.parent == image.id


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(image.id).where(MINE),
        sa.select(schema.image).where(MINE, image.id == "x"),
        sa.select(account.revision).where(account.name == "a"),
        sa.update(schema.image).where(MINE, image.id == "x").values(size=1),
        sa.delete(schema.reference).where(reference.account == "a"),
        sa.select(image.id)
        .join(schema.reference, reference.image == image.id)
        .where(MINE, reference.account == image.account),
        sa.select(image.id)
        .join(schema.reference, sa.and_(reference.account == image.account, reference.tag != "x"))
        .where(MINE),
        sa.select(image.id).where(
            MINE,
            sa.exists(sa.select(child.c.id).where(child.c.account == "a", OF_CHILD)),
        ),
        sa.union(sa.select(image.id).where(MINE), sa.select(image.parent).where(MINE)),
        sa.select(account.name),
    ],
    ids=str,
)
def test_statements_with_an_account_for_every_table_pass(
    statement: sa.Executable,
) -> None:
    assert statements.is_confined(statement, [{}])


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(image.id),
        sa.select(image.id).where(image.id == "x"),
        sa.select(image.id).where(image.account != "a"),
        sa.select(image.id).where(sa.or_(MINE, image.id == "x")),
        sa.select(sa.func.count()).select_from(schema.image),
        sa.update(schema.image).values(size=1),
        sa.delete(schema.image),
        sa.delete(schema.reference).where(reference.name == "x"),
        sa.select(image.id, reference.name).where(MINE, reference.image == image.id),
        sa.select(image.id).where(
            MINE, sa.exists(sa.select(reference.name).where(reference.image == image.id))
        ),
        sa.select(account.revision),
        sa.select(image.id).join(schema.reference, reference.image == image.id).where(MINE),
        sa.select(image.id).where(MINE, sa.exists(sa.select(child.c.id).where(OF_CHILD))),
        sa.union(sa.select(image.id).where(MINE), sa.select(image.parent)),
        sa.select(image.id).where(
            MINE, image.id.in_(sa.select(reference.image).where(reference.name == "x"))
        ),
        sa.delete(schema.image).where(MINE, image.id.in_(sa.select(reference.image))),
    ],
    ids=str,
)
def test_unconfined_statements_are_detected(statement: sa.Executable) -> None:
    assert not statements.is_confined(statement, [{}])


def test_inserted_rows_and_raw_sql_need_an_account() -> None:
    for statement in (sa.insert(schema.image), sa.text("SELECT 1")):
        assert statements.is_confined(statement, [{"account": "a"}])
        assert not statements.is_confined(statement, [{"account": "a"}, {"id": "x"}])


def test_statements_of_the_store_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        monkeypatch.setitem(globals(), "__name__", "musterd.storage.store")
        with pytest.raises(AssertionError, match=r"^musterd\.storage\.store: SELECT 2"):
            connection.execute(sa.text("SELECT 2"))
