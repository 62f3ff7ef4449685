from collections.abc import Callable
from typing import Any

import pytest

from musterd.api import image_cache
from musterd.api.image_cache import ImageCache
from musterd.contract.rules import V1_23, V1_42, V1_52, Rules
from musterd.images.image import NEVER, Image
from musterd.listing.filters import ExactName, Filters
from musterd.listing.labels import LabelCondition
from musterd.listing.prefilter import Prefilter
from musterd.listing.query import ListQuery
from musterd.listing.source import Images
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]

PLAIN = ListQuery()
ENOUGH = 100 * 4096


def source(catalogues: ImageCache, query: ListQuery = PLAIN, account: str = "default") -> Any:
    revision = catalogues._store.of(account).revision()  # noqa: SLF001
    with catalogues.view(account, query, V1_23, revision) as view:
        return view.source


def cheap(catalogues: ImageCache, query: ListQuery) -> Any:
    view = catalogues.get_if_cheap("default", query, V1_23, 1)
    return None if view is None else view.source


def ids(images: Any) -> list[int]:
    return sorted(int(image.id.removeprefix("sha256:"), 16) for image in images.all())


def test_a_catalogue_is_read_once_for_many_queries(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1), make_image(2)])
    catalogues = ImageCache(store, ENOUGH)
    first = source(catalogues)
    assert isinstance(first, Images)
    assert ids(first) == [1, 2]
    assert source(catalogues, ListQuery(all=True)) is first


def test_a_changed_catalogue_is_reread(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    before = source(catalogues)
    store.put([make_image(2)])
    after = source(catalogues)
    assert (ids(before), ids(after)) == ([1], [1, 2])
    assert (before.revision, after.revision) == (1, 2)


def test_the_first_query_after_a_write_is_answered_from_the_store(
    store: ImageStore, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_cache, "_FEW", 0)
    catalogues = ImageCache(store, ENOUGH)
    for number in range(2):
        store.put([make_image(number)])
        for kind in (Snapshot, Images, Images):
            assert isinstance(source(catalogues), kind)


NARROWED = [
    ListQuery(filters=Filters(labels=(LabelCondition("a", None),))),
    ListQuery(filters=Filters(name=ExactName("a:1"))),
]


def test_queries_that_need_layers_are_answered_from_the_store(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    source(catalogues)
    assert isinstance(source(catalogues, ListQuery(shared_size=True)), Snapshot)


@pytest.mark.parametrize("query", NARROWED)
def test_indexed_queries_use_the_store_until_they_are_frequent(
    store: ImageStore, make_image: MakeImage, query: ListQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_cache, "_FEW", 0)
    monkeypatch.setattr(image_cache, "_ENOUGH", 3)
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    for kind in (Snapshot, Snapshot, Images, Images):
        assert isinstance(source(catalogues, query), kind)
    store.put([make_image(2)])
    assert isinstance(source(catalogues, query), Snapshot)
    store.put([make_image(3)])
    for kind in (Snapshot, Snapshot, Images):
        assert isinstance(source(catalogues, query), kind)


@pytest.mark.parametrize("query", NARROWED)
def test_indexed_queries_use_the_cache_if_it_holds_all_images(
    store: ImageStore, make_image: MakeImage, query: ListQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_cache, "_FEW", 0)
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    assert isinstance(source(catalogues, query), Snapshot)
    source(catalogues)
    every = source(catalogues)
    assert source(catalogues, query) is every


@pytest.mark.parametrize("query", NARROWED)
def test_small_catalogues_are_cached_for_every_query(
    store: ImageStore, make_image: MakeImage, query: ListQuery
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    few = source(catalogues, query)
    assert isinstance(few, Images)
    assert source(catalogues) is few


def test_small_catalogues_are_cheap_once_cached(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    assert catalogues.get_if_cheap("default", PLAIN, V1_23, 1) is None
    few = source(catalogues)
    assert cheap(catalogues, PLAIN) is few
    assert catalogues.get_if_cheap("default", ListQuery(shared_size=True), V1_23, 1) is None
    assert catalogues.get_if_cheap("another", PLAIN, V1_23, 1) is None
    for compared in (Filters(before=("a:1",)), Filters(since=("a:1",))):
        assert catalogues.get_if_cheap("default", ListQuery(filters=compared), V1_23, 1) is None


@pytest.mark.parametrize("revision", [2, 0])
def test_images_of_another_revision_are_not_cheap(
    store: ImageStore, make_image: MakeImage, revision: int
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    source(catalogues)
    assert catalogues.get_if_cheap("default", PLAIN, V1_23, revision) is None


def test_in_large_catalogues_only_indexed_queries_are_cheap(
    store: ImageStore, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_cache, "_FEW", 1)
    store.put([make_image(1, labels={"a": "1"}), make_image(2), make_image(3)])
    one, everyone = NARROWED[0], ListQuery(filters=Filters(labels=(LabelCondition("b", None),)))
    catalogues = ImageCache(store, ENOUGH)
    source(catalogues)
    images = source(catalogues)
    # Building the index takes too long for an inline answer.
    assert catalogues.get_if_cheap("default", one, V1_23, 1) is None
    assert len(images.candidates(Prefilter.of(one.filters), NEVER)) == 1
    assert cheap(catalogues, one) is images
    assert cheap(catalogues, everyone) is images
    assert catalogues.get_if_cheap("default", PLAIN, V1_23, 1) is None
    assert catalogues.get_if_cheap("default", one, V1_42, 1) is None


def test_a_cached_revision_is_not_reread(
    store: ImageStore, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    first = source(catalogues)
    # Any read would now fail.
    monkeypatch.setattr(store, "of", None)
    with catalogues.view("default", PLAIN, V1_23, 1) as view:
        assert view.source is first


def test_a_recently_used_account_stays_cached(store: ImageStore, make_image: MakeImage) -> None:
    for account in ("red", "blue", "green"):
        store.of(account).put([make_image(1)])
    catalogues = ImageCache(store, 2 * 4096)
    red = source(catalogues, account="red")
    source(catalogues, account="blue")
    assert source(catalogues, account="red") is red
    source(catalogues, account="green")
    assert source(catalogues, account="red") is red


def test_an_evicted_account_is_cached_again_on_demand(
    store: ImageStore, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_cache, "_FEW", 0)
    for account in ("red", "blue"):
        store.of(account).put([make_image(1)])
    catalogues = ImageCache(store, 4096)
    for account in ("red", "blue", "red"):
        for kind in (Snapshot, Images):
            assert isinstance(source(catalogues, account=account), kind)


def test_a_catalogue_that_is_too_large_is_not_cached(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(number) for number in range(3)])
    for room, kind in ((3 * 4096 - 1, Snapshot), (3 * 4096, Images), (0, Snapshot)):
        catalogues = ImageCache(store, room)
        source(catalogues)
        assert isinstance(source(catalogues), kind)


def test_a_catalogue_that_outgrows_the_cache_is_read_from_the_store(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, 4096)
    source(catalogues)
    store.put([make_image(2)])
    with catalogues.view("default", PLAIN, V1_23, 2) as view:
        assert ids(view.source) == [1, 2]


def test_the_least_recently_used_account_is_evicted(
    store: ImageStore, make_image: MakeImage
) -> None:
    for account in ("red", "blue", "green"):
        store.of(account).put([make_image(1)])
    catalogues = ImageCache(store, 2 * 4096)
    red, blue = source(catalogues, account="red"), source(catalogues, account="blue")
    assert red is not blue
    green = source(catalogues, account="green")
    assert source(catalogues, account="blue") is blue
    assert source(catalogues, account="green") is green
    assert source(catalogues, account="red") is not red


def test_the_memory_estimate_of_the_cache_is_realistic(
    make_image: MakeImage,
) -> None:
    """`_EACH` is a measured number, and must not be far too small."""
    import tracemalloc  # noqa: PLC0415  # it slows down whatever else is measured

    from musterd.contract import rules  # noqa: PLC0415
    from musterd.contract.versions import NEWEST  # noqa: PLC0415
    from musterd.listing import render  # noqa: PLC0415

    tracemalloc.start()
    try:
        labels = {f"org.example.label.number-{number}": "x" * 30 for number in range(5)}
        images = Images(
            make_image(number, tags=[f"registry.example.com/a/b-{number}:1"], labels=dict(labels))
            for number in range(500)
        )
        b"".join(render.pieces(images, PLAIN, rules.at(NEWEST), {}))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / 500 < image_cache._EACH  # noqa: SLF001


def test_rendered_images_are_cached_for_a_few_versions(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1)])
    catalogues = ImageCache(store, ENOUGH)
    source(catalogues)

    def rendered(rules: Rules, *, digests: bool = False) -> Any:
        view = catalogues.get_if_cheap("default", ListQuery(digests=digests), rules, 1)
        assert view is not None
        return view.rendered

    first = rendered(V1_23)
    assert rendered(V1_23) is first
    others = [rendered(V1_23, digests=True), rendered(V1_42), rendered(V1_42, digests=True)]
    assert len({id(each) for each in (first, *others)}) == 4
    assert rendered(V1_23) is first
    rendered(V1_52)
    assert rendered(V1_23) is not first


def test_rendered_text_of_uncached_images_is_not_kept(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1)])
    with ImageCache(store, 0).view("default", PLAIN, V1_23, 1) as view:
        assert view.rendered is None
