import os
import random
import sqlite3
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from musterd.errors import DatabaseError
from musterd.images.image import Image
from musterd.storage import catalogue, migrations
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


def test_an_empty_file_becomes_a_catalogue(path: Path) -> None:
    path.touch()
    with closing(catalogue.open_store(url_of(path))) as store:
        assert store.images() == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_threads_share_a_catalogue_in_memory(url: str, make_image: MakeImage) -> None:
    with closing(catalogue.open_store(url)) as store:
        thread = threading.Thread(target=store.put, args=([make_image(1)],))
        thread.start()
        thread.join()
        assert store.images() == [make_image(1)]


def test_a_catalogue_uses_write_ahead_logging(path: Path) -> None:
    catalogue.open_store(url_of(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_deleting_images_deletes_their_names_in_a_new_catalogue(
    path: Path, make_image: MakeImage
) -> None:
    """Foreign keys are off while tables are altered, and on again with the same connection."""
    with closing(catalogue.open_store(url_of(path))) as store:
        store.put([make_image(1, tags=["a:1"])])
        store.replace([])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM reference").fetchone() == (0,)


@pytest.mark.parametrize("url", ["sqlite://host/x.db", "sqlite:///x.db?mode=ro"])
def test_a_url_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"names no file; write sqlite:///PATH$"):
        catalogue.open_store(url)


def test_a_missing_directory_is_reported(path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"there is no directory .*/nowhere$"):
        catalogue.open_store(url_of(path.parent / "nowhere" / "x.db"))


def test_a_directory_is_refused_as_a_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^cannot read .*: Is a directory$"):
        catalogue.open_store(url_of(tmp_path))


def test_anything_but_a_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(DatabaseError, match=r"^/.* is not a regular file; name another one"):
            catalogue.open_store(url_of(path))


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_opened_or_reported(path: Path, seed: int) -> None:
    catalogue.open_store(url_of(path)).close()
    data = bytearray(path.read_bytes())
    drawn = random.Random(seed)  # noqa: S311  # the same damage in every run
    for _ in range(4 * 2**seed):
        data[drawn.randrange(100, len(data))] = drawn.randrange(256)
    path.write_bytes(data)
    with suppress(DatabaseError):
        catalogue.open_store(url_of(path)).close()


def test_damage_that_sqlite_quotes_is_reported(path: Path) -> None:
    catalogue.open_store(url_of(path)).close()
    path.write_bytes(path.read_bytes().replace(b"PRIMARY KEY", b"PRIMARY \xf9EY"))
    with pytest.raises(DatabaseError, match=r"^cannot open .*: database disk image is malformed$"):
        catalogue.open_store(url_of(path))


def test_a_failure_to_begin_a_migration_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(migrations, "create", fail)
    with pytest.raises(DatabaseError, match=r"^cannot open sqlite:.*: database is locked$"):
        catalogue.open_store(url_of(path))


def refused_and_untouched(path: Path, message: str) -> None:
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match=message):
        catalogue.open_store(url_of(path))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_not_a_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"some text that is no database at all")
    refused_and_untouched(path, "is not a SQLite database")


def test_a_damaged_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    refused_and_untouched(path, "^cannot open .*: file is not a database$")


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE users (id INTEGER)",
        "CREATE VIEW users AS SELECT 1",
        "CREATE TABLE catalogue (id INTEGER)",
        "CREATE TABLE catalogue (product TEXT, schema_version INT, revision INT)",
        (
            "CREATE TABLE catalogue (product TEXT, schema_version INT, revision INT);"
            "INSERT INTO catalogue VALUES ('another', 1, 1)"
        ),
    ],
)
def test_the_database_of_another_program_is_left_alone(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    refused_and_untouched(path, "is the database of another program; name another one with --db$")


def test_a_locked_database_is_reported(
    path: Path, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musterd.storage.sqlite._BUSY_TIMEOUT", 0.1)
    with (
        closing(catalogue.open_store(url_of(path))) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match=r"failed: database is locked$"):
            store.put([make_image(1)])


def test_only_writes_change_the_token_of_a_file(path: Path, make_image: MakeImage) -> None:
    with (
        closing(catalogue.open_store(url_of(path))) as store,
        closing(catalogue.open_store(url_of(path))) as other,
    ):
        pulses = pulses_of(store, [store, other], make_image)
    assert len(set(pulses)) == 3


def test_only_writes_change_the_token_in_memory(make_image: MakeImage) -> None:
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        pulses = pulses_of(store, [store, store.of("another"), store], make_image)
    assert len(set(pulses)) == 4


def pulses_of(
    store: ImageStore, writers: Sequence[ImageStore], make_image: MakeImage
) -> list[Hashable]:
    """Return the pulse before and after each writer has put the same image there."""
    pulses = [store.change_token()]
    for writer in writers:
        store.images()
        assert store.change_token() == pulses[-1]
        writer.put([make_image(1)])
        pulses.append(store.change_token())
    assert None not in pulses
    return pulses


def test_an_unreadable_change_token_is_none(path: Path) -> None:
    with closing(catalogue.open_store(url_of(path))) as store:
        assert store.change_token() is not None
        store._database._watching.close()  # noqa: SLF001
        assert store.change_token() is None
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        assert store.change_token() is not None
    assert store.change_token() is None
