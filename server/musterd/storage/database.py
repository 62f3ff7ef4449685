"""The interface of the store to every kind of database."""

import re
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from musterd.errors import DatabaseAwayError, DatabaseError, DiskFullError
from musterd.storage.outage import Outage

_T = TypeVar("_T")

# Rows per insert. They take several times their size in memory.
BATCH = 10_000

# SQLite's codes for a full disk, while writing the database or the memory that processes share; and
# PostgreSQL's for its "disk full".
_FULL_SQLITE = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
_FULL_POSTGRESQL = "53100"
# Its classes of codes for a connection that fails, too few resources, and a shutdown.
_AWAY_POSTGRESQL = ("08", "53", "57P")
# Greedy up to the last @, so that a password that contains an @ is hidden completely.
_PASSWORD = re.compile(r"(://[^/?@:]*):.*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&]\w*password)=[^&]*", re.IGNORECASE)


@dataclass(frozen=True)
class Database(ABC):
    """The connections to a database. The engines are thread-safe and connect on first use.

    Attributes:
        shown: The URL as messages show it.
        read_engine: For transactions that read a consistent snapshot, which may lag behind the
            writes of others.
        write_engine: For transactions that write. Their first statement locks the account's row.
        autocommit_engine: For single statements that read, at the lowest cost.
        outage: Whether the database is away.
    """

    shown: str
    read_engine: sa.Engine
    write_engine: sa.Engine
    autocommit_engine: sa.Engine
    outage: Outage = field(default_factory=Outage, init=False)

    def close(self) -> None:
        """Close all connections."""
        for engine in (self.read_engine, self.write_engine, self.autocommit_engine):
            engine.dispose()

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Turn errors of SQLAlchemy into those of musterd, and log the start and end of an outage.

        Raises:
            DatabaseError: The database failed.
        """
        try:
            yield
        except SQLAlchemyError as error:
            found = failure(error)
            if isinstance(found, DatabaseAwayError):
                self.outage.begin(found)
            raise found from error
        self.outage.end()

    @abstractmethod
    def is_empty(self, connection: sa.Connection) -> bool:
        """Tell whether the place for the tables is completely empty."""

    def confine(self, connection: sa.Connection, account: str) -> None:  # noqa: B027  # not all can
        """Restrict a transaction that has just begun to the rows of one account."""

    def change_token(self) -> Hashable | None:
        """Return a token that changes with every write, or None if there is no cheap one.

        A token takes microseconds to get, and covers writes by other processes.
        """
        return None

    def fill_reserve(self) -> None:  # noqa: B027  # not all need one
        """Reserve disk space for deletions on a full disk, unless it is reserved already."""

    def release_reserve(self) -> bool:
        """Free the reserved space; tell whether there was any."""
        return False

    @abstractmethod
    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]
    ) -> None:
        """Insert rows with equal columns and values in the driver's types.

        This bypasses SQLAlchemy's processing of values, which takes half of the time of an import.
        """

    @abstractmethod
    def delete(
        self, connection: sa.Connection, table: sa.Table, keys: Iterable[Mapping[str, object]]
    ) -> None:
        """Delete the rows that match any of *keys*, which all have the same columns."""

    @abstractmethod
    def migration(self) -> AbstractContextManager[sa.Connection]:
        """Return a transaction that can alter tables, in one process at a time."""


def batches(all_: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield lists of `BATCH` items; the last one may be shorter."""
    rest = iter(all_)
    while some := list(islice(rest, BATCH)):
        yield some


def without_password(url: str) -> str:
    """Return *url*, which may be malformed or of any kind, with its passwords hidden."""
    return _PARAMETER.sub(r"\1=***", _PASSWORD.sub(r"\1:***@", url))


def reason(error: Exception) -> str:
    """Describe a database error in one line."""
    if isinstance(error, UnicodeDecodeError):
        return "database disk image is malformed"
    cause = getattr(error, "orig", None) or error
    # PostgreSQL's own message, without the statement that psycopg adds.
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
    # With several hosts, psycopg repeats the last host's error, and then lists those of all hosts.
    return " ".join(said.rpartition("All failures were:")[2].split())


def failure(error: SQLAlchemyError) -> DatabaseError:
    """Return the error to raise for an error of SQLAlchemy."""
    text = f"the catalogue's database failed: {reason(error)}"
    if _is_full(error):
        return DiskFullError(text)
    return DatabaseAwayError(text) if _is_away(error) else DatabaseError(text)


def _is_full(error: SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    return (
        getattr(cause, "sqlite_errorname", None) in _FULL_SQLITE
        or getattr(cause, "sqlstate", None) == _FULL_POSTGRESQL
    )


def _is_away(error: SQLAlchemyError) -> bool:
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    # SQLite's errors have no such state, and neither has that of a connection that fails.
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(_AWAY_POSTGRESQL)


def missing_catalogue(shown: str) -> DatabaseError:
    """Return the error for a missing catalogue."""
    return DatabaseError(f"there is no catalogue at {shown}; import something first")
