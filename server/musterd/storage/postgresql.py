"""Catalogues in PostgreSQL, in the schema `musterd` of a database.

The URL is in libpq's syntax, with all its parameters; as for `psql`, defaults come from the
environment and the password file. Every transaction starts by setting its account, and row-level
security policies then confine it to this account, unless the user is a superuser. With several
hosts, or a `target_session_attrs`, reads go where the URL says and writes go to the host that
accepts them. A replica lags a little behind, unless the primary waits for it
(`synchronous_commit = remote_apply`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from musterd.errors import DatabaseError
from musterd.storage.database import Database, batches

SCHEMA = "musterd"
# The key of pg_advisory_xact_lock that serializes migrations: arbitrary, but fixed.
_LOCK = 0x6D757374657264
# Only for this transaction, so that the connection returns to the pool without an account.
_NAME_ACCOUNT = sa.text("SELECT set_config('musterd.account', :account, true)")
# Seconds for each host; the kernel's default would be minutes.
_CONNECT_TIMEOUT = 10
_FORM = "write postgresql://USER@HOST:PORT/DATABASE"


class PostgresqlDatabase(Database):
    """A PostgreSQL database on a server, or on a primary with replicas."""

    def is_empty(self, connection: sa.Connection) -> bool:
        """Tell whether the schema is completely empty.

        Raises:
            DatabaseError: The user may not access the schema.
        """
        filled, forbidden = connection.execute(
            sa.text(
                "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = named.oid),"
                " NOT has_schema_privilege(named.oid, 'USAGE')"
                " FROM (SELECT to_regnamespace(:schema)::oid) AS named (oid)"
            ),
            {"schema": SCHEMA},
        ).one()
        if forbidden:
            raise DatabaseError(f"cannot open {self.shown}: permission denied for schema {SCHEMA}")
        return not filled

    def confine(self, connection: sa.Connection, account: str) -> None:
        """Restrict a transaction that has just begun to the rows of one account."""
        connection.execute(_NAME_ACCOUNT, {"account": account})

    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]
    ) -> None:
        """Insert rows with equal columns and values in the driver's types.

        Send them as JSON: one statement per row would take twice as long, and COPY does not work on
        tables with policies.
        """
        binary = [each.name for each in table.c if isinstance(each.type, sa.LargeBinary)]
        sent: Future[object] | None = None
        with ThreadPoolExecutor(1) as sender:
            for some in batches(rows):
                columns = ", ".join(some[0])
                statement = (
                    f"INSERT INTO {table.name} ({columns}) SELECT {columns}"  # noqa: S608  # no input
                    f" FROM json_populate_recordset(NULL::{table.name}, %(rows)s::json)"
                )
                as_text = [_in_json(row, binary) for row in some] if binary else some
                text = msgspec.json.encode(as_text).decode()
                if sent is not None:
                    sent.result()
                # Encode the next batch while the server inserts this one.
                sent = sender.submit(connection.exec_driver_sql, statement, {"rows": text})
            if sent is not None:
                sent.result()

    def delete(
        self, connection: sa.Connection, table: sa.Table, keys: Iterable[Mapping[str, object]]
    ) -> None:
        """Delete the rows that match any of *keys*, which all have the same columns."""
        for some in batches(keys):
            same = " AND ".join(f"{table.name}.{column} = gone.{column}" for column in some[0])
            statement = (
                f"DELETE FROM {table.name} USING"  # noqa: S608  # no input
                f" json_populate_recordset(NULL::{table.name}, %(keys)s::json) AS gone WHERE {same}"
            )
            text = msgspec.json.encode(some).decode()
            connection.exec_driver_sql(statement, {"keys": text})

    @contextmanager
    def migration(self) -> Iterator[sa.Connection]:
        """Provide a transaction that can alter tables, in one process at a time."""
        with self.write_engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            self._create_schema(connection)
            yield connection

    def _create_schema(self, connection: sa.Connection) -> None:
        encoding, user, exists, allowed = connection.execute(
            sa.text(
                "SELECT current_setting('server_encoding'), current_user,"
                " to_regnamespace(:schema) IS NOT NULL,"
                " has_database_privilege(current_database(), 'CREATE')"
            ),
            {"schema": SCHEMA},
        ).one()
        if encoding != "UTF8":
            raise DatabaseError(
                f"{self.shown} has the encoding {encoding}, which cannot hold every name; "
                "name a database in UTF8"
            )
        if exists:
            return
        if not allowed:
            raise DatabaseError(
                f"{user} has no permission to set up {self.shown}; let the database's owner run "
                f'CREATE SCHEMA {SCHEMA} AUTHORIZATION "{user}"'
            )
        connection.execute(sa.schema.CreateSchema(SCHEMA))


def _in_json(row: Mapping[str, object], binary: Sequence[str]) -> Mapping[str, object]:
    """Return a row with binary values in PostgreSQL's text format."""
    octets = {name: value for name in binary if isinstance(value := row.get(name), bytes)}
    if not octets:
        return row
    return {**row, **{name: f"\\x{value.hex()}" for name, value in octets.items()}}


def connect(url: str, shown: str) -> PostgresqlDatabase:
    """Return the database that *url* names, without connecting to it.

    Raises:
        DatabaseError: libpq does not accept the URL.
    """
    parameters = _parameters(url, shown)
    wanted = parameters.get("target_session_attrs")
    several_hosts = "," in str(parameters.get("host", ""))
    primary = {"target_session_attrs": "read-write"}
    if wanted in ("read-write", "primary") or not (wanted or several_hosts):
        reading = writing = _engine(parameters)
    else:
        reading, writing = _engine(parameters), _engine(parameters | primary)
    return PostgresqlDatabase(
        shown=shown,
        read_engine=reading.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ),
        # A transaction that waited for the lock must see the writes of the one before it.
        write_engine=writing.execution_options(isolation_level="READ COMMITTED"),
        autocommit_engine=reading.execution_options(isolation_level="AUTOCOMMIT"),
    )


def _parameters(url: str, shown: str) -> dict[str, object]:
    hint = "in a user name or password, write %40 for @, %2F for /, %3A for : and %25 for %"
    authority, _, rest = url.partition("://")[2].partition("/")
    hosts = authority.partition("@")[2]
    # libpq would take part of the password for a host, and show it in messages.
    if any("@" in part.partition("?")[0] for part in (hosts, rest)):
        raise DatabaseError(f"{shown} is not a PostgreSQL URL: {hint}")
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq's message may quote the password.
        raise DatabaseError(f"{shown} is not a PostgreSQL URL: {_FORM}; {hint}") from None
    defaults = {"application_name": "musterd", "connect_timeout": _CONNECT_TIMEOUT}
    return {**defaults, **given, "client_encoding": "UTF8"}


def _engine(parameters: dict[str, object]) -> sa.Engine:
    engine = sa.create_engine(
        "postgresql+psycopg://",
        connect_args=parameters,
        # The server may have restarted or failed over since the last request.
        pool_pre_ping=True,
        # Keep the values of statements out of messages and logs.
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: psycopg.Connection[object], _record: object) -> None:
    connection.execute(f"SET search_path TO {SCHEMA}")
    connection.commit()
