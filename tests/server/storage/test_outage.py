"""A database outage is logged once, however many requests fail."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError

from musterd.api.middleware.errors import ErrorResponses
from musterd.errors import DatabaseAwayError, DatabaseError, DiskFullError, NotFoundError
from musterd.storage.database import failure
from musterd.storage.outage import Outage
from musterd.storage.store import ImageStore
from tests.server.support import asgi

BEGUN = (
    "the catalogue's database failed: connection refused; "
    "requests that need it fail until it is back"
)
BACK = "the catalogue's database is back"


class DriverError(Exception):
    """Return an exception of a driver, with an error code of the database if given."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def error(
    kind: type[OperationalError | InterfaceError | ProgrammingError] = OperationalError,
    sqlstate: str | None = None,
) -> SQLAlchemyError:
    return kind("SELECT 1", None, DriverError("connection refused", sqlstate))


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (error(), DatabaseAwayError),
        (error(InterfaceError), DatabaseAwayError),
        # PostgreSQL: a connection failure, too many connections, and a shutdown.
        (error(sqlstate="08006"), DatabaseAwayError),
        (error(sqlstate="53300"), DatabaseAwayError),
        (error(sqlstate="57P01"), DatabaseAwayError),
        # A full disk, a statement that takes too long, and one that is wrong.
        (error(sqlstate="53100"), DiskFullError),
        (error(sqlstate="57014"), DatabaseError),
        (error(ProgrammingError), DatabaseError),
        (SQLAlchemyError("no driver"), DatabaseError),
    ],
)
def test_connection_errors_are_outages(raised: SQLAlchemyError, kind: type[DatabaseError]) -> None:
    assert type(failure(raised)) is kind


def test_the_start_and_the_end_of_an_outage_are_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage()
    outage.is_logged = True
    outage.end()
    for _ in range(2):
        outage.begin(failure(error()))
        outage.begin(failure(error()))
        outage.end()
        outage.end()
    assert caplog.messages == [BEGUN, BACK] * 2


@pytest.fixture
def away(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take the database away; `undo` brings it back."""

    def refuse(_engine: Any) -> Any:
        raise error()

    store.log_outages()
    # A file that was never opened is a case of its own.
    store.revision()
    monkeypatch.setattr(sa.Engine, "connect", refuse)
    return monkeypatch


def test_requests_during_an_outage_fail_without_logging(
    store: ImageStore, away: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        store.revision()

    for _ in range(3):
        answer = asyncio.run(asgi.ask(ErrorResponses(app), "/v1.24/images/json"))
        assert answer.status == 500
        assert answer.json == {"message": "internal error; the server's log says more"}
    assert caplog.messages == [BEGUN]
    away.undo()
    store.revision()
    store.revision()
    assert caplog.messages == [BEGUN, BACK]


def test_commands_do_not_log_outages(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    outage.begin(failure(error()))
    outage.end()
    assert caplog.messages == []


def test_a_statement_error_is_not_an_outage(
    store: ImageStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.log_outages()
    with pytest.raises(DatabaseError), store._database.reporting():  # noqa: SLF001
        raise error(ProgrammingError)
    with pytest.raises(NotFoundError), store._database.reporting():  # noqa: SLF001
        raise NotFoundError("no such image")
    store.revision()
    assert caplog.messages == []
