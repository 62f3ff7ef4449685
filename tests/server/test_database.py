import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest
import sqlalchemy as sa

from musterd import database, schema
from musterd.errors import DatabaseError
from musterd.image import Image

MakeImage = Callable[..., Image]


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


def test_a_catalogue_is_created_and_found_again(path: Path, make_image: MakeImage) -> None:
    with closing(database.open_store(url_of(path))) as store:
        store.put([make_image(1)])
    with closing(database.open_store(url_of(path), create=False)) as store:
        assert store.images() == [make_image(1)]


def test_an_empty_file_becomes_a_catalogue(path: Path) -> None:
    path.touch()
    with closing(database.open_store(url_of(path))) as store:
        assert store.images() == []


def test_readers_do_not_wait_for_a_writer(path: Path, make_image: MakeImage) -> None:
    with (
        closing(database.open_store(url_of(path))) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as writer,
    ):
        store.put([make_image(1)])
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM image")
        assert store.images() == [make_image(1)]


def test_several_can_create_the_same_catalogue(path: Path) -> None:
    failures = []

    def create() -> None:
        try:
            database.open_store(url_of(path)).close()
        except DatabaseError as error:
            failures.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_catalogue_that_another_process_has_just_created_is_not_created_again(
    path: Path, make_image: MakeImage
) -> None:
    with closing(database.open_store(url_of(path))) as store:
        store.put([make_image(1)])
        database._create(store._engine, url_of(path))  # noqa: SLF001
        assert store.images() == [make_image(1)]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_catalogue_in_memory_is_one_for_all_threads(url: str, make_image: MakeImage) -> None:
    with closing(database.open_store(url)) as store:
        thread = threading.Thread(target=store.put, args=([make_image(1)],))
        thread.start()
        thread.join()
        assert store.images() == [make_image(1)]


def test_the_default_is_a_file_in_the_users_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "new" / name)
    assert database.default_url() == f"sqlite:///{tmp_path}/new/musterd/catalogue.db"
    assert (tmp_path / "new" / "musterd").is_dir()


def test_a_data_directory_that_cannot_be_made_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "file" / name)
    with pytest.raises(DatabaseError, match=r"^cannot create .*: Not a directory; .*--db"):
        database.default_url()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("x.db", "x.db is no database URL; write sqlite:///PATH"),
        ("postgresql://h/d", "postgresql databases are not supported by this release"),
        ("oracle://h/d", "oracle databases are not supported by this release"),
        ("nonsense://h/d", "nonsense databases are not supported by this release"),
        ("sqlite://host/x.db", "sqlite://host/x.db names no file"),
        ("sqlite:///x.db?mode=ro", "names no file"),
    ],
)
def test_a_url_of_no_catalogue_is_refused(url: str, message: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        database.open_store(url)
    assert message in str(refused.value)


def test_a_catalogue_that_must_be_there_is_not_created(path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^there is no catalogue at"):
        database.open_store(url_of(path), create=False)
    assert not path.exists()


def test_a_missing_directory_is_reported(path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"there is no directory .*/nowhere$"):
        database.open_store(url_of(path.parent / "nowhere" / "x.db"))


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^cannot read .*: Is a directory$"):
        database.open_store(url_of(tmp_path))


def refused_and_untouched(path: Path, message: str) -> None:
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match=message):
        database.open_store(url_of(path))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"some text that is no database at all")
    refused_and_untouched(path, "is not a SQLite database")


def test_a_damaged_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    refused_and_untouched(path, "^cannot open .*: file is not a database$")


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE users (id INTEGER)",
        "CREATE TABLE catalogue (id INTEGER)",
        (
            "CREATE TABLE catalogue (product TEXT, schema_version INT, revision INT);"
            "INSERT INTO catalogue VALUES ('another', 1, 1)"
        ),
    ],
)
def test_the_database_of_another_program_is_left_alone(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    refused_and_untouched(path, "is the database of another program")


def test_a_catalogue_of_a_newer_musterd_is_left_alone(path: Path) -> None:
    database.open_store(url_of(path)).close()
    engine = sa.create_engine(url_of(path))
    with engine.begin() as connection:
        connection.execute(sa.update(schema.catalogue).values(schema_version=99))
    engine.dispose()
    refused_and_untouched(path, r"written by a newer musterd \(schema 99, this one knows 1\)")
