from collections.abc import Callable
from typing import Any

import pytest

from musterd.images.image import NEVER, Image, Layer
from musterd.listing.prefilter import LabelRange, NameRange, Prefilter, label_hash
from musterd.listing.source import Images
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]

DIGEST = f"sha256:{0xD:064x}"


@pytest.fixture
def images(store: ImageStore, make_image: MakeImage) -> list[Image]:
    images = [
        make_image(1, tags=["b:2", "a:1"], own_order=True, labels={"k": "v"}, created=5),
        make_image(2, digests=[f"b@{DIGEST}"], parent=1, created=5),
        make_image(3, labels={}, created=NEVER, layers=(Layer(DIGEST, 3),), shared_size=7),
        make_image(4, tags=["c:1"], digests=[f"b@{DIGEST}"], labels={"k": "w", "nul": "\0"}),
        make_image(5, has_config=False, containers=1, created_text="1970-01-01T00:00:05Z"),
    ]
    store.put(images)
    store.of("other").put([make_image(6, tags=["a:1"], labels={"k": "v"}, parent=2)])
    return images


def seen(store: ImageStore, look: Callable[[Any], Any]) -> Any:
    with store.snapshot() as snapshot:
        return look(snapshot)


def ids(candidates: Any) -> list[int]:
    return [int(each.entry.image.id.removeprefix("sha256:"), 16) for each in candidates]


@pytest.mark.parametrize("undated", [0, NEVER])
def test_a_snapshot_reads_images_as_from_memory(
    store: ImageStore, images: list[Image], undated: int
) -> None:
    from_memory = Images(images).candidates(Prefilter(), undated)
    candidates = seen(store, lambda snapshot: list(snapshot.candidates(Prefilter(), undated)))
    assert [(each.entry.image.id, each.has_children) for each in candidates] == [
        (each.entry.image.id, each.has_children) for each in from_memory
    ]
    by_id = {image.id: image for image in seen(store, lambda snapshot: list(snapshot.all()))}
    assert by_id == {image.id: image for image in images}


def test_names_are_read_for_images_of_several_batches(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(number, tags=[f"a:{number}", f"b:{number}"]) for number in range(1203)])
    candidates = seen(store, lambda snapshot: list(snapshot.candidates(Prefilter(), 0)))
    assert ids(candidates) == list(reversed(range(1203)))
    assert all(
        [tag.tag for tag in each.entry.tags] == [str(number)] * 2
        for each, number in zip(candidates, ids(candidates), strict=True)
    )


def test_the_revision_is_that_of_the_account(store: ImageStore, images: list[Image]) -> None:
    assert images
    assert seen(store, lambda snapshot: snapshot.revision) == 1
    assert seen(store.of("nobody"), lambda snapshot: snapshot.revision) == 0
    # Every read includes it.
    with store.snapshot() as snapshot:
        assert list(snapshot.candidates(Prefilter(), 0))
        assert snapshot.revision == 1


def test_images_are_counted_only_up_to_the_threshold(
    store: ImageStore, images: list[Image]
) -> None:
    count = len(images)
    assert [
        seen(store, lambda snapshot, most=most: snapshot.has_at_most(most))
        for most in (0, count - 1, count, count + 1)
    ] == [False, False, True, True]
    assert seen(store.of("nobody"), lambda snapshot: snapshot.has_at_most(0))


@pytest.mark.parametrize(
    ("prefilter", "found"),
    [
        (Prefilter(label=LabelRange(label_hash("k", "v"), label_hash("k", "v"))), [1]),
        (Prefilter(label=LabelRange(label_hash("nul", "\0"), label_hash("nul", "\0"))), [4]),
        (Prefilter(label=LabelRange(label_hash("x", ""), label_hash("x", ""))), []),
        (Prefilter(names=()), []),
        (Prefilter(names=(NameRange("a", "a"),)), [1]),
        (Prefilter(names=(NameRange("a:1", "a:1"), NameRange("c", "c"))), [4, 1]),
        (Prefilter(names=(NameRange("b", "b"),)), [4, 1, 2]),
        (Prefilter(names=(NameRange(f"b@{DIGEST}", f"b@{DIGEST}"),)), [4, 2]),
        (
            Prefilter(
                label=LabelRange(label_hash("k", "w"), label_hash("k", "w")),
                names=(NameRange("a", "c"),),
            ),
            [4],
        ),
    ],
)
def test_a_prefilter_selects_by_label_and_name(
    store: ImageStore, images: list[Image], prefilter: Prefilter, found: list[int]
) -> None:
    assert len(images) == 5
    candidates = seen(store, lambda snapshot: list(snapshot.candidates(prefilter, 0)))
    assert ids(candidates) == found


def test_a_partly_read_result_is_closed(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1), make_image(2)])
    with store.snapshot() as snapshot:
        next(iter(snapshot.candidates(Prefilter(), NEVER)))
        streams = list(snapshot._streams)  # noqa: SLF001
    assert [stream.closed for stream in streams] == [True]


def test_the_lineage_ends_at_a_missing_parent(store: ImageStore, make_image: MakeImage) -> None:
    child, parent = make_image(1, parent=2), make_image(2, parent=3)
    orphan = make_image(4)
    store.put([child, parent, orphan])
    with store.snapshot() as snapshot:
        assert [each.id for each in snapshot.lineage(child)] == [child.id, parent.id]
        assert [each.id for each in snapshot.lineage(orphan)] == [orphan.id]
