import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa

from musterd.errors import DatabaseError
from musterd.images.image import Image
from musterd.storage import catalogue, postgresql
from tools import postgresql as postgres
from tools.postgresql import Server

MakeImage = Callable[..., Image]

PASSWORD = quote(postgres.PASSWORD, safe="")


def fail(url: str, **options: Any) -> str:
    with pytest.raises(DatabaseError) as failed:
        catalogue.open_store(url, **options)
    message = str(failed.value)
    assert "\n" not in message
    return message


class TestUrl:
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("postgresql://u:h%zzush@h/d", "postgresql://u:***@h/d is not a PostgreSQL URL: write"),
            (
                "postgresql://u:hu@sh@h/d",
                "postgresql://u:***@h/d is not a PostgreSQL URL: in a user",
            ),
            (
                "postgresql://u:hu/sh@h/d",
                "postgresql://u:***@h/d is not a PostgreSQL URL: in a user",
            ),
            ("postgres://h/d?nonsense=1", "is not a PostgreSQL URL: write postgresql://USER@HOST"),
        ],
    )
    def test_an_invalid_postgresql_url_is_refused(self, url: str, message: str) -> None:
        refused = fail(url)
        assert message in refused
        assert not any(part in refused for part in ("hu", "sh@"))

    def test_libpq_supplies_the_missing_parts(
        self, postgresql: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGHOST", str(postgres_server.folder))
        monkeypatch.setenv("PGPORT", str(postgres_server.port))
        monkeypatch.setenv("PGUSER", postgres.USER)
        monkeypatch.setenv("PGDATABASE", "postgres")
        for url in ("postgresql://", "postgres:///postgres", postgresql):
            with closing(catalogue.open_store(url)) as store:
                assert store.revision() == 0

    @pytest.mark.parametrize(
        ("url", "engines"),
        [
            ("postgresql://h/d", 1),
            ("postgresql://h/d?target_session_attrs=primary", 1),
            ("postgresql://h1,h2/d?target_session_attrs=read-write", 1),
            ("postgresql://h1,h2/d", 2),
            ("postgresql://h/d?target_session_attrs=standby", 2),
        ],
    )
    def test_reads_and_writes_use_separate_engines_with_a_replica(
        self, url: str, engines: int
    ) -> None:
        ways = postgresql.connect(url, url)
        assert len({ways.read_engine.pool, ways.autocommit_engine.pool}) == 1
        assert len({ways.read_engine.pool, ways.write_engine.pool}) == engines


def test_postgresql_has_no_change_token(postgresql: str) -> None:
    with closing(catalogue.open_store(postgresql)) as store:
        assert store.change_token() is None


class TestErrors:
    def test_an_unreachable_server_is_reported(self) -> None:
        message = fail("postgresql://u:hush@127.0.0.1:1/d")
        assert message.startswith("cannot open postgresql://u:***@127.0.0.1:1/d: ")
        assert "Connection refused" in message

    def test_a_wrong_password_is_reported(self, postgres_server: Server) -> None:
        where = f"127.0.0.1:{postgres_server.port}/postgres"
        message = fail(f"postgresql://{postgres.USER}:hush@{where}")
        assert 'password authentication failed for user "postgres"' in message
        assert "hush" not in message
        with closing(
            catalogue.open_store(f"postgresql://{postgres.USER}:{PASSWORD}@{where}")
        ) as store:
            assert store.revision() == 0

    def test_a_missing_database_is_reported(self, postgres_server: Server) -> None:
        assert 'database "nowhere" does not exist' in fail(postgres_server.url("nowhere"))

    def test_a_missing_catalogue_is_reported(
        self, postgresql: str, postgres_server: Server
    ) -> None:
        assert fail(postgresql, create=False).startswith("there is no catalogue at postgresql://")
        with pytest.raises(psycopg.errors.InvalidSchemaName):
            postgres_server.execute("DROP SCHEMA musterd")

    def test_a_database_in_another_encoding_is_refused(self, postgres_server: Server) -> None:
        postgres_server.execute(
            "CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0 LOCALE 'C'"
        )
        message = fail(postgres_server.url("latin"))
        assert message.endswith(
            "has the encoding LATIN1, which cannot hold every name; name a database in UTF8"
        )
        postgres_server.execute("DROP DATABASE latin")

    @pytest.fixture
    def guest(self, postgresql: str, postgres_server: Server) -> Iterator[str]:
        """Return the URL of a user without privileges."""
        postgres_server.execute("CREATE ROLE guest LOGIN")
        yield postgresql.replace(postgres.USER + "@", "guest@")
        postgres_server.execute("DROP OWNED BY guest CASCADE", "DROP ROLE guest")

    def test_missing_permission_to_set_up_is_reported_with_advice(
        self, guest: str, postgres_server: Server
    ) -> None:
        message = fail(guest)
        assert message.startswith("guest has no permission to set up postgresql://guest@")
        advice = message.partition("owner run ")[2]
        postgres_server.execute(advice)
        with closing(catalogue.open_store(guest)) as store:
            assert store.revision() == 0

    def test_missing_permission_to_read_is_reported(
        self, guest: str, postgresql: str, postgres_server: Server
    ) -> None:
        catalogue.open_store(postgresql).close()
        assert fail(guest).endswith(": permission denied for schema musterd")
        postgres_server.execute("GRANT USAGE ON SCHEMA musterd TO guest")
        assert fail(guest).endswith(": permission denied for table catalogue")

    def test_missing_permission_to_write_is_reported(
        self, guest: str, postgresql: str, postgres_server: Server, make_image: MakeImage
    ) -> None:
        catalogue.open_store(postgresql).close()
        postgres_server.execute(
            "GRANT USAGE ON SCHEMA musterd TO guest",
            "GRANT SELECT ON ALL TABLES IN SCHEMA musterd TO guest",
        )
        with closing(catalogue.open_store(guest)) as store:
            assert store.images() == []
            with pytest.raises(DatabaseError, match=r"failed: permission denied for table acc"):
                store.put([make_image(1)])


class TestOtherPrograms:
    @pytest.mark.parametrize(
        "table",
        [
            "users (id int)",
            "catalogue (id int)",
            "catalogue (product text, schema_version int, revision int)",
        ],
    )
    def test_the_schema_of_another_program_is_left_alone(
        self, postgresql: str, postgres_server: Server, table: str
    ) -> None:
        postgres_server.execute("CREATE SCHEMA musterd", f"CREATE TABLE musterd.{table}")
        assert fail(postgresql).endswith(
            "is the database of another program; name another one with --db"
        )
        postgres_server.execute(f"DROP TABLE musterd.{table.partition(' ')[0]}")
        postgres_server.execute("DROP SCHEMA musterd")

    def test_tables_of_other_programs_are_ignored(
        self, postgresql: str, postgres_server: Server, make_image: MakeImage
    ) -> None:
        postgres_server.execute("CREATE TABLE public.image (id int)")
        with closing(catalogue.open_store(postgresql)) as store:
            store.put([make_image(1)])
            assert store.images() == [make_image(1)]
        postgres_server.execute("DROP TABLE public.image")


@pytest.mark.usefixtures("postgresql_programs")
def test_a_server_restart_is_logged_and_survived(
    make_image: MakeImage, caplog: pytest.LogCaptureFixture
) -> None:
    with postgres.new_server() as server:
        with postgres.running(server):
            store = catalogue.open_store(server.url())
            store.put([make_image(1)])
        store.log_outages()
        with closing(store):
            for _ in range(3):
                with pytest.raises(DatabaseError, match=r"^the catalogue's database failed: "):
                    store.images()
            with postgres.running(server):
                assert store.images() == [make_image(1)]
                store.put([make_image(2)])
                assert store.revision() == 2
    begun, ended = caplog.messages
    assert begun.startswith("the catalogue's database failed: ")
    assert begun.endswith("; requests that need it fail until it is back")
    assert ended == "the catalogue's database is back"


def eventually(ask: Callable[[], Any], answer: Any) -> None:
    deadline = time.monotonic() + 10
    while ask() != answer:
        assert time.monotonic() < deadline, ask()
        time.sleep(0.01)


def test_postgresql_offers_no_change_token(postgresql: str) -> None:
    with closing(catalogue.open_store(postgresql)) as store:
        assert store.change_token() is None


@pytest.fixture(scope="module")
def primary(postgresql_programs: Path) -> Iterator[Server]:
    assert postgresql_programs
    with postgres.new_server() as server, postgres.running(server):
        yield server


@pytest.fixture(scope="module")
def replica(primary: Server) -> Iterator[Server]:
    with postgres.new_replica(primary) as server, postgres.running(server):
        yield server


class TestReplicas:
    @pytest.fixture
    def url(self, primary: Server, replica: Server) -> str:
        """Of both, where the password is needed."""
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}"
        return f"postgresql://{postgres.USER}:{PASSWORD}@{hosts}/postgres"

    def test_reads_go_to_a_replica(self, url: str, replica: Server, make_image: MakeImage) -> None:
        with closing(catalogue.open_store(f"{url}?target_session_attrs=prefer-standby")) as store:
            store.replace([make_image(1)])
            eventually(store.images, [make_image(1)])
            revision = store.revision()
            replica.execute("SELECT pg_wal_replay_pause()")
            eventually(lambda: replica.ask("SELECT pg_get_wal_replay_pause_state()"), "paused")
            try:
                store.put([make_image(2)])
                assert (store.revision(), len(store.images())) == (revision, 1)
            finally:
                replica.execute("SELECT pg_wal_replay_resume()")
            eventually(store.revision, revision + 1)
            assert len(store.images()) == 2

    def test_by_default_reads_use_the_first_host_and_writes_the_primary(
        self, url: str, primary: Server, replica: Server, make_image: MakeImage
    ) -> None:
        hosts = [f"127.0.0.1:{server.port}" for server in (primary, replica)]
        replica_first = url.replace(",".join(hosts), ",".join(reversed(hosts)))
        with closing(catalogue.open_store(replica_first)) as store:
            before = store.revision()
            store.put([make_image(1)])
            eventually(store.revision, before + 1)
            store.close()
            with store._database.read_engine.connect() as connection:  # noqa: SLF001
                assert connection.scalar(sa.text("SELECT pg_is_in_recovery()"))

    def test_a_new_catalogue_waits_for_the_replica(
        self,
        url: str,
        primary: Server,
        replica: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        url += "?target_session_attrs=prefer-standby"
        catalogue.open_store(url).close()
        primary.execute("DROP SCHEMA musterd CASCADE")
        eventually(lambda: replica.ask("SELECT to_regnamespace('musterd')"), None)
        replica.execute("SELECT pg_wal_replay_pause()")
        eventually(lambda: replica.ask("SELECT pg_get_wal_replay_pause_state()"), "paused")
        try:
            monkeypatch.setattr(catalogue, "_REPLICA_TIMEOUT", 0.1)
            assert fail(url).endswith("does not follow the primary")
        finally:
            replica.execute("SELECT pg_wal_replay_resume()")
        monkeypatch.undo()
        with closing(catalogue.open_store(url)) as store:
            assert store.revision() == 0

    def test_reads_continue_without_the_primary(
        self, url: str, make_image: MakeImage, primary: Server, replica: Server
    ) -> None:
        wish = "?target_session_attrs=prefer-standby"
        catalogue.open_store(url + wish).close()
        with closing(catalogue.open_store(url.replace(str(primary.port), "1") + wish)) as store:
            assert store.revision() >= 0
            with pytest.raises(DatabaseError) as failed:
                store.put([make_image(1)])
        message = str(failed.value)
        assert message.startswith("the catalogue's database failed: ")
        assert "\n" not in message
        assert "session is read-only" in message


def test_a_missing_postgresql_installation_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(postgres.NotInstalledError, match="PostgreSQL is not installed"),
        postgres.started(),
    ):
        pass
