from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from musterd.errors import SeedError
from musterd.images.image import Image
from musterd.seeds.addition import add, pullable, pullable_of, resolve
from musterd.seeds.description import describe
from musterd.storage import catalogue
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]


@pytest.fixture
def store() -> Iterator[ImageStore]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        yield opened


def tags(images: Any) -> dict[str, list[str]]:
    return {image.id: [tag.familiar for tag in image.tags] for image in images}


def test_added_images_are_in_the_catalogue(store: ImageStore) -> None:
    images = add(store, [describe("base:1"), describe("app:1", parent="base:1", digest=True)])
    assert tags(store.images()) == tags(images)
    assert {image.id: image.config for image in store.images()} == {
        image.id: image.config for image in images
    }


@pytest.mark.parametrize("spelling", ["base:1", "docker.io/library/base:1", "id", "short"])
def test_a_parent_may_be_described_earlier_or_be_in_the_catalogue(
    store: ImageStore, spelling: str
) -> None:
    (base,) = resolve([describe("base:1")])
    name = {"id": base.id, "short": base.id[7:19]}.get(spelling, spelling)
    child = describe("app:1", parent=name)
    _, together = resolve([describe("base:1"), child])
    add(store, [describe("base:1")])
    (alone,) = add(store, [child])
    assert alone == together
    assert alone.parent == base.id


def test_an_existing_image_may_be_a_parent(make_image: MakeImage) -> None:
    other = make_image(1, tags=["base:1"])
    assert resolve([other, describe("app:1", parent="base:1")])[1].parent == other.id
    assert resolve([other]) == [other]


def test_a_tag_belongs_to_the_last_image_that_claims_it(store: ImageStore) -> None:
    first, second = add(store, [describe("app:1", "app:2"), describe("app:2", size=5)])
    assert tags(store.images()) == {first.id: ["app:1"], second.id: ["app:2"]}
    (third,) = add(store, [describe("app:1", size=6)])
    assert tags(store.images()) == {first.id: [], second.id: ["app:2"], third.id: ["app:1"]}


def test_identical_descriptions_give_one_image(store: ImageStore) -> None:
    assert len(add(store, [describe("app:1"), describe("app:1")])) == 1
    add(store, [describe("app:1")])
    assert len(store.images()) == 1


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ("base:1", r"^the image app:1: there is no parent 'base:1'; describe or add it first$"),
        (
            "BASE",
            r"^the image app:1: the parent 'BASE' is not an image name: invalid reference format",
        ),
        ("abc", r"there is no parent 'abc'"),
    ],
)
def test_an_unknown_parent_adds_nothing(store: ImageStore, parent: str, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        add(store, [describe("other:1"), describe("app:1", parent=parent)])
    assert store.images() == []


class TestPullable:
    def test_pullable_images_are_not_listed(self) -> None:
        items = [describe("app:1"), describe("app:1", size="1MB", pullable=True)]
        [kept], [pulled] = resolve(items), pullable(items)
        assert tags([kept, pulled]) == {kept.id: ["app:1"], pulled.id: ["app:1"]}
        assert [each.repository for each in pulled.digests] == ["app"]

    def test_a_parent_can_be_one_of_them(self) -> None:
        base = describe("base:1", size="1MB", pullable=True)
        child = describe("app:1", size="2MB", parent="base:1", pullable=True)
        below, above = pullable([base, child])
        assert above.layers is not None
        assert above.layers[:1] == below.layers

    def test_an_image_in_the_catalogue_has_no_parent_outside(self) -> None:
        items = [describe("base:1", pullable=True), describe("app:1", parent="base:1")]
        with pytest.raises(SeedError, match="there is no parent 'base:1'"):
            resolve(items)

    def test_a_parent_may_be_in_the_catalogue(self, store: ImageStore) -> None:
        [base] = add(store, [describe("base:1")])
        child = describe("app:1", parent="base:1", pullable=True)
        [found] = pullable_of(store, [child])
        assert found.parent == base.id
        assert pullable_of(store, [describe("other:1")]) == []

    def test_a_catalogue_takes_none_of_them(self, store: ImageStore) -> None:
        with pytest.raises(SeedError, match="the image app:1 is pullable: only `musterd serve"):
            add(store, [describe("other:1"), describe("app:1", pullable=True)])
        assert store.images() == []

    def test_one_needs_a_name(self) -> None:
        with pytest.raises(SeedError, match="an image needs a name to be pulled by"):
            describe(pullable=True)

    def test_one_may_have_a_digest_of_its_own(self) -> None:
        digest = f"sha256:{'a' * 64}"
        [found] = pullable([describe("app:1", digest=digest, pullable=True)])
        assert [each.digest for each in found.digests] == [digest]
