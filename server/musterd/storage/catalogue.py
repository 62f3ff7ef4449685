"""Open the catalogue's database and migrate its tables; refuse any other database."""

import sqlite3
import time

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from musterd import directories, extras
from musterd.errors import DatabaseError
from musterd.storage import migrations, schema, sqlite
from musterd.storage.database import Database, missing_catalogue, reason, without_password
from musterd.storage.store import ImageStore

# The URL of a catalogue in memory, which ends with the process.
MEMORY = "sqlite://"

# Seconds to wait for a replica, and between two checks of it.
_REPLICA_TIMEOUT = 30
_PAUSE = 0.02

# What may go wrong with a damaged or busy file: sqlite3 cannot decode messages that quote it.
_FAILURES = (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError)


def default_url() -> str:
    """Return the URL of the user's default catalogue, and create its directory.

    Raises:
        DatabaseError: The directory cannot be created.
    """
    directory = directories.data_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"cannot create {directory}: {error.strerror}; name another place with --db"
        ) from error
    return f"sqlite:///{directory / 'catalogue.db'}"


def is_in_memory(url: str) -> bool:
    """Tell whether a URL names a catalogue in memory, which other processes cannot open."""
    return url in (MEMORY, f"{MEMORY}/", f"{MEMORY}/:memory:")


def open_store(url: str, *, create: bool = True) -> ImageStore:
    """Open the catalogue at *url*, and migrate it if an older musterd wrote it.

    Args:
        url: ``sqlite:///PATH``, or ``postgresql://...`` in the syntax of libpq.
        create: Whether to create the catalogue if it does not exist.

    Raises:
        DatabaseError: *url* is invalid, or the database cannot be opened, belongs to another
            program, or was written by a newer musterd. The database is unchanged.
    """
    database = _connect(url, create=create)
    try:
        _set_up(database, create=create)
    except _FAILURES as error:
        database.close()
        raise DatabaseError(f"cannot open {database.shown}: {reason(error)}") from error
    except DatabaseError:
        database.close()
        raise
    if create:
        database.fill_reserve()
    return ImageStore(database)


def _connect(url: str, *, create: bool) -> Database:
    shown = without_password(url)
    kind = url.partition(":")[0]
    if kind in ("postgresql", "postgres"):
        # Slow to import, and not needed for SQLite.
        try:
            from musterd.storage import postgresql  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise DatabaseError(f"{shown}: {extras.advice(error, 'postgresql')}") from error
        return postgresql.connect(url, shown)
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseError(
            f"{shown} is not a database URL; write sqlite:///PATH, with a fourth slash if PATH is "
            "absolute, or postgresql://HOST/DATABASE"
        ) from None
    if parsed.drivername != "sqlite":
        raise DatabaseError(
            f"{kind} databases are not supported; use sqlite:///PATH or postgresql://HOST/DATABASE"
        )
    return sqlite.connect(parsed, shown, create=create)


def _set_up(database: Database, *, create: bool) -> None:
    with database.read_engine.connect() as connection:
        version = _version(connection, database)
    if version == 0 and not create:
        raise missing_catalogue(database.shown)
    if version == schema.SCHEMA_VERSION:
        return
    with database.migration() as connection:
        # Another process may have migrated the database since it was checked.
        version = _version(connection, database)
        if version == 0:
            migrations.create(connection)
        else:
            migrations.migrate(connection, version, migrations.STEPS)
    _await_replica(database)


def _await_replica(database: Database) -> None:
    """Wait until reads find the new tables; without replicas, return at once.

    Raises:
        DatabaseError: The tables do not appear in time.
    """
    deadline = time.monotonic() + _REPLICA_TIMEOUT
    while True:
        with database.read_engine.connect() as connection:
            if _version(connection, database) == schema.SCHEMA_VERSION:
                return
        if time.monotonic() > deadline:
            raise DatabaseError(f"a replica of {database.shown} does not follow the primary")
        time.sleep(_PAUSE)


def _version(connection: sa.Connection, database: Database) -> int:
    """Return the schema version of a catalogue; 0 for an empty database.

    Raises:
        DatabaseError: The database is not a catalogue, or is of a newer release.
    """
    if database.is_empty(connection):
        return 0
    version = _version_of_catalogue(connection)
    if version is None:
        raise DatabaseError(
            f"{database.shown} is the database of another program; name another one with --db"
        )
    if version > schema.SCHEMA_VERSION:
        raise DatabaseError(
            f"{database.shown} was written by a newer musterd (schema {version}, this one knows "
            f"{schema.SCHEMA_VERSION}); update musterd, or name another database with --db"
        )
    return version


def _version_of_catalogue(connection: sa.Connection) -> int | None:
    inspector = sa.inspect(connection)
    if not inspector.has_table(schema.catalogue.name):
        return None
    columns = {column["name"] for column in inspector.get_columns(schema.catalogue.name)}
    if not columns.issuperset(schema.catalogue.c.keys()):
        return None
    version: int | None = connection.scalar(
        sa.select(schema.catalogue.c.schema_version).where(
            schema.catalogue.c.product == schema.PRODUCT
        )
    )
    return version
