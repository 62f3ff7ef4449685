import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from musterd.errors import DatabaseError
from musterd.images.image import Image
from musterd.storage import catalogue, schema

MakeImage = Callable[..., Image]


def test_a_created_catalogue_can_be_reopened(shared_url: str, make_image: MakeImage) -> None:
    with closing(catalogue.open_store(shared_url)) as store:
        store.put([make_image(1)])
    with closing(catalogue.open_store(shared_url, create=False)) as store:
        assert store.images() == [make_image(1)]


def test_a_missing_catalogue_is_not_created_unless_asked(any_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError, match=r"^there is no catalogue at .*; import something"):
            catalogue.open_store(any_url, create=False)
    assert list(tmp_path.iterdir()) == []


def test_readers_do_not_wait_for_a_writer(shared_url: str, make_image: MakeImage) -> None:
    with closing(catalogue.open_store(shared_url)) as store:
        store.put([make_image(1)])
        with store._database.write_engine.begin() as writer:  # noqa: SLF001
            writer.execute(sa.delete(schema.image))
            assert store.images() == [make_image(1)]


def test_a_catalogue_can_be_created_concurrently(shared_url: str) -> None:
    def create(_: int) -> int:
        with closing(catalogue.open_store(shared_url)) as store:
            return store.revision()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(create, range(8))) == [0] * 8


def test_the_default_catalogue_is_in_the_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "new"))
    assert catalogue.default_url() == f"sqlite:///{tmp_path}/new/musterd/catalogue.db"
    assert (tmp_path / "new" / "musterd").is_dir()


def test_an_uncreatable_data_directory_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(DatabaseError, match=r"^cannot create .*: Not a directory; .*--db"):
        catalogue.default_url()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("x.db", "x.db is not a database URL; write sqlite:///PATH"),
        ("oracle://h/d", "oracle databases are not supported; use sqlite:///PATH or postgresql"),
        ("nonsense://h/d", "nonsense databases are not supported"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite databases are not supported"),
    ],
)
def test_an_invalid_catalogue_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        catalogue.open_store(url)
    assert message in str(refused.value)


def test_messages_hide_passwords() -> None:
    for url in ("mysql://u:hushhush@h:x/d", "sqlite://u:hushhush@h/d"):
        with pytest.raises(DatabaseError) as refused:
            catalogue.open_store(url)
        assert "hush" not in str(refused.value)


def test_the_catalogue_of_a_newer_musterd_is_left_alone(shared_url: str) -> None:
    with closing(catalogue.open_store(shared_url)) as store:
        newer = sa.update(schema.catalogue).values(schema_version=99)
        with store._database.write_engine.begin() as connection:  # noqa: SLF001
            connection.execute(newer)
        known = schema.SCHEMA_VERSION
        message = rf"was written by a newer musterd \(schema 99, this one knows {known}\); update"
        with pytest.raises(DatabaseError, match=message):
            catalogue.open_store(shared_url)
        assert store.revision() == 0


def test_a_missing_postgresql_driver_is_reported_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "musterd.storage.postgresql", raising=False)
    monkeypatch.delattr("musterd.storage.postgresql", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError) as refused:
        catalogue.open_store("postgresql://me:secret@host/images")
    assert str(refused.value) == (
        "postgresql://me:***@host/images: the Python package psycopg is not installed; "
        "run pip install 'passmuster[postgresql]'"
    )
