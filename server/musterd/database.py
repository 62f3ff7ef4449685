"""Opening the catalogue's database, and refusing every other."""

from contextlib import closing
from pathlib import Path

import platformdirs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from musterd import schema
from musterd.errors import DatabaseError
from musterd.store import SqlImageStore

#: The URL of a catalogue in memory, gone when the process ends.
MEMORY = "sqlite://"

_MAGIC = b"SQLite format 3\x00"


def default_url() -> str:
    """Return the URL of the user's own catalogue, and create the directory for it.

    Raises:
        DatabaseError: The directory cannot be created.
    """
    directory = platformdirs.user_data_path("musterd")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"cannot create {directory}: {error.strerror}; name another place with --db"
        ) from error
    return f"sqlite:///{directory / 'catalogue.db'}"


def open_store(url: str, *, create: bool = True) -> SqlImageStore:
    """Open the catalogue at *url*, and set it up if there is none and *create* is true.

    Raises:
        DatabaseError: *url* is no URL of a catalogue, or what is there cannot be opened, belongs
            to another program, or was written by a newer musterd. It is left as it was.
    """
    path = _file(url)
    if path is not None:
        _check_file(path, url, create=create)
    engine = _engine(path)
    try:
        _set_up(engine, url)
    except SQLAlchemyError as error:
        engine.dispose()
        reason = getattr(error, "orig", None) or error
        raise DatabaseError(f"cannot open {url}: {reason}") from error
    except DatabaseError:
        engine.dispose()
        raise
    return SqlImageStore(engine)


def _file(url: str) -> Path | None:
    """Return the database file that *url* names, or None for one in memory."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise DatabaseError(
            f"{url} is no database URL; write sqlite:///PATH, with a fourth slash if PATH is "
            "absolute"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseError(
            f"{url.partition(':')[0]} databases are not supported by this release; "
            "use sqlite:///PATH"
        )
    if parsed.host or parsed.query:
        raise DatabaseError(f"{url} names no file; write sqlite:///PATH")
    in_memory = parsed.database in (None, "", ":memory:")
    return None if in_memory else Path(str(parsed.database))


def _check_file(path: Path, url: str, *, create: bool) -> None:
    """Look at the file without SQLite, which might change it."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        if not create:
            raise DatabaseError(f"there is no catalogue at {url}; import something first") from None
        if not path.absolute().parent.is_dir():
            raise DatabaseError(
                f"cannot create {path}: there is no directory {path.absolute().parent}"
            ) from None
    except OSError as error:
        raise DatabaseError(f"cannot read {path}: {error.strerror}") from error
    else:
        if start not in (b"", _MAGIC):
            raise DatabaseError(f"{path} is not a SQLite database; name another file with --db")


def _engine(path: Path | None) -> sa.Engine:
    if path is None:
        # A database in memory lives as long as its connection: all threads take turns with one.
        engine = sa.create_engine(
            "sqlite://",
            poolclass=sa.QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
    else:
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: object, _record: object) -> None:
    # Python's sqlite3 would begin transactions only at the first write, so that several reads
    # would not see the same moment. Without an isolation level it leaves that to `_on_begin`.
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]


def _on_begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up(engine: sa.Engine, url: str) -> None:
    with engine.connect() as connection:
        empty = _check_owner(connection, url)
    with closing(engine.raw_connection()) as raw:
        # Readers and a writer do not wait for each other; the file remembers the mode.
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    if empty:
        _create(engine, url)


def _check_owner(connection: sa.Connection, url: str) -> bool:
    """Tell whether the database is empty.

    Raises:
        DatabaseError: It is neither empty nor a catalogue of this or an older release.
    """
    if not sa.inspect(connection).get_table_names():
        return True
    try:
        row = connection.execute(
            sa.select(schema.catalogue).where(schema.catalogue.c.product == schema.PRODUCT)
        ).one_or_none()
    except SQLAlchemyError:
        row = None
    if row is None:
        raise DatabaseError(
            f"{url} is the database of another program; name another file with --db"
        )
    if row.schema_version > schema.SCHEMA_VERSION:
        raise DatabaseError(
            f"{url} was written by a newer musterd (schema {row.schema_version}, this one knows "
            f"{schema.SCHEMA_VERSION}); update musterd, or name another file with --db"
        )
    return False


def _create(engine: sa.Engine, url: str) -> None:
    with engine.connect().execution_options(writes=True) as connection:
        # Another process may have done it meanwhile.
        if _check_owner(connection, url):
            schema.metadata.create_all(connection)
            connection.execute(
                sa.insert(schema.catalogue).values(
                    product=schema.PRODUCT, schema_version=schema.SCHEMA_VERSION, revision=0
                )
            )
        connection.commit()
