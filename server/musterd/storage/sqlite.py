"""Catalogues in SQLite, in a file or in memory."""

import sqlite3
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from musterd.errors import DatabaseError
from musterd.storage.database import Database, batches, missing_catalogue
from musterd.storage.reserve import Reserve

_MAGIC = b"SQLite format 3\x00"
# Seconds to wait for another process's write.
_BUSY_TIMEOUT = 30


@dataclass(frozen=True)
class SqliteDatabase(Database):
    """A SQLite database.

    Attributes:
        memory: The only connection to a database in memory; None for a file.
        reserve: The reserved space beside a database in a file; None in memory.
    """

    memory: sqlite3.Connection | None = None
    reserve: Reserve | None = None
    # Guards the shared connection that watches for changes.
    _looking: Lock = field(default_factory=Lock, init=False)

    def close(self) -> None:
        """Close all connections."""
        if watching := self.__dict__.pop("_watching", None):
            watching.close()
        super().close()
        if self.memory is not None:
            self.memory.close()

    def change_token(self) -> Hashable | None:
        """Return a token that changes with every write, or None if there is no cheap one.

        SQLite reports only other connections' writes. A catalogue in memory has only one
        connection, which counts the rows that it changes before anybody can read them.
        """
        try:
            if self.memory is not None:
                return self.memory.total_changes
            with self._looking:
                return cast("Hashable", self._watching.execute("PRAGMA data_version").fetchone())
        except (SQLAlchemyError, sqlite3.Error):
            # The read that follows will report the error.
            return None

    @cached_property
    def _watching(self) -> Any:
        """A connection that never writes, and stays out of the pool."""
        held = self.autocommit_engine.raw_connection()
        connection: Any = held.driver_connection
        held.detach()
        return connection

    def fill_reserve(self) -> None:
        """Reserve disk space for deletions on a full disk, unless it is reserved already."""
        if self.reserve is None or self.reserve.is_filled:
            return
        # The write-ahead log of the deletions takes space until it is checkpointed.
        with suppress(SQLAlchemyError), self.autocommit_engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.reserve.fill()

    def release_reserve(self) -> bool:
        """Free the reserved space; tell whether there was any."""
        return self.reserve is not None and self.reserve.release()

    def is_empty(self, connection: sa.Connection) -> bool:
        """Tell whether the file is completely empty."""
        return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()

    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]
    ) -> None:
        """Insert rows with equal columns and values in the driver's types."""
        for some in batches(rows):
            columns = list(some[0])
            statement = sa.insert(table).compile(dialect=connection.dialect, column_keys=columns)
            values = map(itemgetter(*(statement.positiontup or ())), some)
            connection.exec_driver_sql(str(statement), list(values))

    def delete(
        self, connection: sa.Connection, table: sa.Table, keys: Iterable[Mapping[str, object]]
    ) -> None:
        """Delete the rows that match any of *keys*, which all have the same columns."""
        for some in batches(keys):
            same = " AND ".join(f"{column} = ?" for column in some[0])
            statement = f"DELETE FROM {table.name} WHERE {same}"  # noqa: S608  # no input
            connection.exec_driver_sql(statement, [tuple(key.values()) for key in some])

    @contextmanager
    def migration(self) -> Iterator[sa.Connection]:
        """Provide a transaction that can alter tables, in one process at a time."""
        with self.write_engine.connect() as connection:
            plain = connection.connection.cursor()
            # Readers and a writer do not block each other; the file stores the mode.
            plain.execute("PRAGMA journal_mode = WAL")
            # Altering a table means copying it. Dropping the old table must not delete the rows
            # that refer to it. This setting cannot change within a transaction.
            plain.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                plain.execute("PRAGMA foreign_keys = ON")


def connect(url: sa.URL, shown: str, *, create: bool) -> SqliteDatabase:
    """Return the database that *url* names, without opening it.

    Raises:
        DatabaseError: The URL names no file, or the file is unreadable or not a SQLite database.
    """
    if url.host or url.query:
        raise DatabaseError(f"{shown} names no file; write sqlite:///PATH")
    if url.database in (None, "", ":memory:"):
        # The database lives as long as its connection, so all threads share one.
        reserve = None
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        engine = sa.create_engine(
            "sqlite://",
            poolclass=sa.QueuePool,
            pool_size=1,
            max_overflow=0,
            creator=lambda: memory,
        )
    else:
        memory = None
        path = Path(url.database)
        _check_file(path, shown, create=create)
        reserve = Reserve(path)
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_TIMEOUT}
        )
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return SqliteDatabase(
        shown=shown,
        read_engine=engine,
        write_engine=engine.execution_options(begin="BEGIN IMMEDIATE"),
        # A statement outside a transaction is a transaction of its own.
        autocommit_engine=engine.execution_options(begin=None),
        memory=memory,
        reserve=reserve,
    )


def _check_file(path: Path, shown: str, *, create: bool) -> None:
    """Check the file without SQLite, which might change it."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            # Opening a pipe would wait for a writer.
            raise DatabaseError(f"{path} is not a regular file; name another one with --db")
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        if not create:
            raise missing_catalogue(shown) from None
        if not path.absolute().parent.is_dir():
            raise DatabaseError(
                f"cannot create {path}: there is no directory {path.absolute().parent}"
            ) from None
    except OSError as error:
        raise DatabaseError(f"cannot read {path}: {error.strerror}") from error
    else:
        if start not in (b"", _MAGIC):
            raise DatabaseError(f"{path} is not a SQLite database; name another file with --db")


def _on_connect(connection: object, _record: object) -> None:
    # By default, sqlite3 starts a transaction only at the first write, so several reads would not
    # be consistent. Without an isolation level, `_on_begin` starts it.
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]


def _on_begin(connection: sa.Connection) -> None:
    statement = connection.get_execution_options().get("begin", "BEGIN")
    if statement is not None:
        connection.exec_driver_sql(statement)
