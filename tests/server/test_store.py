from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from musterd import database, schema
from musterd.errors import DatabaseError
from musterd.image import Image
from musterd.store import SqlImageStore

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64


def by_id(store: SqlImageStore) -> dict[str, Image]:
    return {image.id: image for image in store.images()}


def test_an_image_comes_back_as_it_was_put(store: SqlImageStore, make_image: MakeImage) -> None:
    images = [
        make_image(
            1,
            parent=7,
            created=-62135596800,
            created_text="0001-01-01T00:00:00.5Z",
            size=2**63 - 1,
            virtual_size=2**62,
            labels={"k": "", "ключ": "★", "K": "\x00"},
            tags=["b:1", "a:1"],
            digests=[f"b@{DIGEST}", f"a@{DIGEST}"],
            own_order=True,
            config=b"{}",
        ),
        make_image(2, labels=None, has_config=False),
        make_image(3, labels={}),
    ]
    store.put(images)
    assert by_id(store) == {image.id: image for image in images}


def test_nothing_can_be_put(store: SqlImageStore) -> None:
    store.put([])
    assert store.images() == []


def test_an_image_replaces_the_one_with_the_same_id(
    store: SqlImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1, tags=["a:1", "a:2"], labels={"x": "1"}), make_image(2, tags=["b:1"])])
    new = make_image(1, tags=["a:3"], labels={"y": "2"}, size=5)
    store.put([new])
    assert by_id(store) == {new.id: new, make_image(2).id: make_image(2, tags=["b:1"])}


def test_a_tag_moves_to_the_image_that_was_put_last(
    store: SqlImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1, tags=["a:1", "a:2"], digests=[f"a@{DIGEST}"])])
    store.put([make_image(2, tags=["a:1"], digests=[f"a@{DIGEST}"])])
    assert list(by_id(store).values()) == [
        make_image(1, tags=["a:2"], digests=[f"a@{DIGEST}"]),
        make_image(2, tags=["a:1"], digests=[f"a@{DIGEST}"]),
    ]


def test_all_images_are_put_or_none(store: SqlImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1"])])
    twice = make_image(3)
    with pytest.raises(DatabaseError, match=r"^the catalogue's database failed: UNIQUE"):
        store.put([make_image(2, tags=["a:1"]), twice, twice])
    assert store.images() == [make_image(1, tags=["a:1"])]


def test_each_write_counts_up_the_revision(tmp_path: Path, make_image: MakeImage) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with closing(database.open_store(url)) as store:
        store.put([make_image(1)])
        store.put([make_image(1)])
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.catalogue.c.revision)).scalar_one() == 2
    engine.dispose()


def test_a_database_that_breaks_is_reported(store: SqlImageStore) -> None:
    store._engine.dispose()  # noqa: SLF001  # one in memory has no tables any more then
    with pytest.raises(DatabaseError, match=r"no such table"):
        store.images()
