"""What the store needs of a database, whichever it is."""

import re
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd.errors import DatabaseError, DiskFullError

_T = TypeVar("_T")

#: Rows that are inserted together. They are in memory several times over.
BATCH = 10_000

# What SQLite says without room for a page of the database or for the memory that processes share,
# and PostgreSQL for its "disk full".
_FULL_SQLITE = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
_FULL_POSTGRESQL = "53100"
# Up to the last @, so that a password with one in it is hidden to its end.
_PASSWORD = re.compile(r"(://[^/?@:]*):.*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&]\w*password)=[^&]*", re.IGNORECASE)


@dataclass(frozen=True)
class Database(ABC):
    """The ways to a database. Engines are thread-safe, and connect when they are used."""

    #: The database's URL for messages.
    shown: str
    #: Transactions that read, each of them at one moment. It may lag behind the others' writes.
    read_engine: sa.Engine
    #: Transactions that write. The first statement locks the account's row.
    write_engine: sa.Engine
    #: Single statements that read, as cheaply as can be.
    autocommit_engine: sa.Engine

    def close(self) -> None:
        """Let go of all connections."""
        for engine in (self.read_engine, self.write_engine, self.autocommit_engine):
            engine.dispose()

    @abstractmethod
    def is_empty(self, connection: sa.Connection) -> bool:
        """Tell whether there is nothing at all where the tables should be."""

    def confine(self, connection: sa.Connection, account: str) -> None:  # noqa: B027  # not all can
        """Let a transaction, which has just begun, reach the rows of one account only."""

    def change_token(self) -> Hashable | None:
        """Return what is another one after each write by anybody, in microseconds; else None."""
        return None

    def fill_reserve(self) -> None:  # noqa: B027  # not all need one
        """Take disk space for deletions when there is no other left, if it is not taken yet."""

    def release_reserve(self) -> bool:
        """Give the reserve up; tell whether there was one."""
        return False

    @abstractmethod
    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]
    ) -> None:
        """Insert rows that all have the same columns, with values as the driver takes them.

        SQLAlchemy would look at every value of every row: half of the time of an import.
        """

    @abstractmethod
    def delete(
        self, connection: sa.Connection, table: sa.Table, keys: Iterable[Mapping[str, object]]
    ) -> None:
        """Delete the rows with the values of any of *keys*, which all name the same columns."""

    @abstractmethod
    def migration(self) -> AbstractContextManager[sa.Connection]:
        """Return a transaction in which tables can be altered, by one process at a time."""


def batches(all_: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield some of them at a time: `BATCH`, and what is left in the end, if anything."""
    rest = iter(all_)
    while some := list(islice(rest, BATCH)):
        yield some


def without_password(url: str) -> str:
    """Return *url*, of whatever kind and however wrong, with its passwords blotted out."""
    return _PARAMETER.sub(r"\1=***", _PASSWORD.sub(r"\1:***@", url))


def reason(error: SQLAlchemyError) -> str:
    """Say in one line what went wrong in a database."""
    cause = getattr(error, "orig", None) or error
    # What PostgreSQL says itself, without the statement that it goes on to quote.
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
    # Of several hosts psycopg tells what went wrong with the last one, and then with each.
    return " ".join(said.rpartition("All failures were:")[2].split())


def failure(error: SQLAlchemyError) -> DatabaseError:
    """Return what is raised for an error of a database."""
    text = f"the catalogue's database failed: {reason(error)}"
    return DiskFullError(text) if _is_full(error) else DatabaseError(text)


def _is_full(error: SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    return (
        getattr(cause, "sqlite_errorname", None) in _FULL_SQLITE
        or getattr(cause, "sqlstate", None) == _FULL_POSTGRESQL
    )


def missing_catalogue(shown: str) -> DatabaseError:
    """Return the error for a catalogue that should be there but is not."""
    return DatabaseError(f"there is no catalogue at {shown}; import something first")
