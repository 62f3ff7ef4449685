from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from musterd.errors import DatabaseError
from musterd.images.image import Image, Layer
from musterd.storage import catalogue, schema
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore
from tests.server.support.stores import state

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64


def by_id(store: ImageStore) -> dict[str, Image]:
    return {image.id: image for image in store.images()}


def test_a_stored_image_is_read_back_unchanged(store: ImageStore, make_image: MakeImage) -> None:
    images = [
        make_image(
            1,
            parent=7,
            created=-62135596800,
            created_text="0001-01-01T00:00:00.5Z",
            size=2**63 - 1,
            virtual_size=2**62,
            labels={"k": "", "ключ": "★", "K": "\x00", "long": "★" * 10_000},
            tags=["b:1", "a:1"],
            digests=[f"b@{DIGEST}", f"a@{DIGEST}"],
            own_order=True,
            config=b"{}",
        ),
        make_image(2, labels=None, has_config=False),
        make_image(3, labels={}),
        make_image(4, layers=(), shared_size=-1, containers=0),
        make_image(5, layers=(Layer("sha256:1", 2**40), Layer("sha256:1", 0))),
    ]
    store.put(images)
    assert by_id(store) == {image.id: image for image in images}


def test_an_empty_list_can_be_put(store: ImageStore) -> None:
    store.put([])
    assert store.images() == []


def test_an_image_replaces_the_one_with_the_same_id(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1, tags=["a:1", "a:2"], labels={"x": "1"}), make_image(2, tags=["b:1"])])
    new = make_image(1, tags=["a:3"], labels={"y": "2"}, size=5)
    store.put([new])
    assert by_id(store) == {new.id: new, make_image(2).id: make_image(2, tags=["b:1"])}


def test_a_tag_moves_to_the_last_image_put(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1", "a:2"], digests=[f"a@{DIGEST}"])])
    store.put([make_image(2, tags=["a:1"], digests=[f"a@{DIGEST}"])])
    assert sorted(store.images(), key=lambda image: image.id) == [
        make_image(1, tags=["a:2"], digests=[f"a@{DIGEST}"]),
        make_image(2, tags=["a:1"], digests=[f"a@{DIGEST}"]),
    ]


def test_images_are_put_all_or_none(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1"])])
    twice = make_image(3)
    with pytest.raises(DatabaseError, match=r"^the catalogue's database failed: .*(?i:unique)"):
        store.put([make_image(2, tags=["a:1"]), twice, twice])
    assert store.images() == [make_image(1, tags=["a:1"])]


@pytest.fixture
def two_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musterd.storage.database.BATCH", 2)


@pytest.mark.usefixtures("two_rows_at_a_time")
@pytest.mark.parametrize("count", [2, 3, 6])
def test_many_images_are_put_batch_by_batch(
    store: ImageStore, make_image: MakeImage, count: int
) -> None:
    images = [
        make_image(
            number, tags=[f"a:{number}"], labels={"k": "v"}, config=b"{}" if number else None
        )
        for number in range(count)
    ]
    store.put(images)
    assert by_id(store) == {image.id: image for image in images}


@pytest.mark.usefixtures("two_rows_at_a_time")
@pytest.mark.parametrize("same", [(0, 1), (0, 2), (0, 5), (4, 5)])
def test_a_failing_image_keeps_all_batches_from_being_put(
    store: ImageStore, make_image: MakeImage, same: tuple[int, int]
) -> None:
    images = [make_image(number) for number in range(6)]
    images[same[1]] = images[same[0]]
    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        store.put(images)
    assert store.images() == []
    store.put([make_image(7)])
    assert len(store.images()) == 1


def test_images_can_replace_all_others(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1"]), make_image(2, labels={"x": "1"})])
    store.replace([make_image(3, tags=["a:1"])])
    assert state(store) == (2, [make_image(3, tags=["a:1"])])
    store.replace([])
    assert state(store) == (3, [])


def test_each_write_increments_the_revision(store: ImageStore, make_image: MakeImage) -> None:
    seen = [store.revision()]
    for images in ([make_image(1)], [make_image(1)], []):
        store.put(images)
        seen.append(store.revision())
    assert seen == [0, 1, 2, 2]


def test_a_failed_write_keeps_the_revision(store: ImageStore, make_image: MakeImage) -> None:
    with pytest.raises(DatabaseError):
        store.put([make_image(1), make_image(1)])
    assert store.revision() == 0


def test_reading_the_revision_takes_one_statement(store: ImageStore) -> None:
    seen = []

    def on_execute(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(store._database.autocommit_engine, "before_cursor_execute", on_execute)  # noqa: SLF001
    store.revision()
    assert len(seen) == 1


def test_a_snapshot_is_consistent(
    shared_url: str, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write between two of its statements is not seen."""
    with closing(catalogue.open_store(shared_url)) as store:
        store.put([make_image(1, tags=["a:1"])])
        everything = Snapshot.everything

        def write_first(*arguments: Any) -> Any:
            monkeypatch.undo()
            store.put([make_image(2, tags=["a:1"])])
            return everything(*arguments)

        monkeypatch.setattr(Snapshot, "everything", write_first)
        assert state(store) == (1, [make_image(1, tags=["a:1"])])
        assert store.revision() == 2


def test_writers_queue_up(store: ImageStore, make_image: MakeImage) -> None:
    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(store.put, [make_image(n, tags=["a:1"])]) for n in range(40)]
    assert [each.result() for each in done] == [None] * 40
    assert store.revision() == 40
    assert len(store.images()) == 40
    assert sum(len(image.tags) for image in store.images()) == 1


def test_a_broken_database_is_reported(store: ImageStore) -> None:
    with store._database.write_engine.begin() as connection:  # noqa: SLF001
        connection.execute(sa.schema.DropTable(schema.reference))
    with pytest.raises(DatabaseError, match=r"^the catalogue's database failed: .*reference"):
        store.images()
