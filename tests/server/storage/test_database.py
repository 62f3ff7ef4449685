from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd.storage.database import Database, reason, without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a/b@c.db", "sqlite:///a/b@c.db"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:hush@h/d", "postgresql://u:***@h/d"),
        ("postgresql://:hush@h/d", "postgresql://:***@h/d"),
        ("postgresql://u:hush@h1:1,h2:2/d?x=y", "postgresql://u:***@h1:1,h2:2/d?x=y"),
        ("postgresql://u:hu@s/h?hu&s@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?password=hush&a=b", "postgresql://h/d?password=***&a=b"),
        ("postgresql://h/d?a=b&sslpassword=hush", "postgresql://h/d?a=b&sslpassword=***"),
        ("nonsense", "nonsense"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_reason_is_one_line() -> None:
    assert reason(SQLAlchemyError("what\n\t went  wrong\n")) == "what went wrong"


def test_each_failed_host_is_reported_once() -> None:
    said = (
        "b failed\nMultiple connection attempts failed. All failures were:\n- a failed\n- b failed"
    )
    assert reason(SQLAlchemyError(said)) == "- a failed - b failed"


class Plain(Database):
    """A database without optional features."""

    def is_empty(self, connection: sa.Connection) -> bool:
        raise NotImplementedError

    def insert(self, connection: sa.Connection, table: sa.Table, rows: object) -> None:
        raise NotImplementedError

    def delete(self, connection: sa.Connection, table: sa.Table, keys: object) -> None:
        raise NotImplementedError

    def migration(self) -> AbstractContextManager[sa.Connection]:
        raise NotImplementedError


def test_change_tokens_and_reserves_are_optional() -> None:
    engine = sa.create_engine("sqlite://")
    database = Plain("sqlite://", engine, engine, engine)
    database.fill_reserve()
    assert (database.change_token(), database.release_reserve()) == (None, False)
    database.close()
