from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from musterd.errors import SeedError
from musterd.images.image import Image
from musterd.seeds.addition import add, resolve
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


def test_what_is_added_is_in_the_catalogue(store: ImageStore) -> None:
    images = add(store, [describe("base:1"), describe("app:1", parent="base:1", digest=True)])
    assert tags(store.images()) == tags(images)
    assert {image.id: image.config for image in store.images()} == {
        image.id: image.config for image in images
    }


@pytest.mark.parametrize("spelling", ["base:1", "docker.io/library/base:1", "id", "short"])
def test_a_parent_is_an_earlier_image_or_in_the_catalogue(store: ImageStore, spelling: str) -> None:
    (base,) = resolve([describe("base:1")])
    name = {"id": base.id, "short": base.id[7:19]}.get(spelling, spelling)
    child = describe("app:1", parent=name)
    _, together = resolve([describe("base:1"), child])
    add(store, [describe("base:1")])
    (alone,) = add(store, [child])
    assert alone == together
    assert alone.parent == base.id


def test_an_image_from_elsewhere_may_be_a_parent(make_image: MakeImage) -> None:
    other = make_image(1, tags=["base:1"])
    assert resolve([other, describe("app:1", parent="base:1")])[1].parent == other.id
    assert resolve([other]) == [other]


def test_a_tag_belongs_to_the_last_that_got_it(store: ImageStore) -> None:
    first, second = add(store, [describe("app:1", "app:2"), describe("app:2", size=5)])
    assert tags(store.images()) == {first.id: ["app:1"], second.id: ["app:2"]}
    (third,) = add(store, [describe("app:1", size=6)])
    assert tags(store.images()) == {first.id: [], second.id: ["app:2"], third.id: ["app:1"]}


def test_the_same_twice_is_one_image(store: ImageStore) -> None:
    assert len(add(store, [describe("app:1"), describe("app:1")])) == 1
    add(store, [describe("app:1")])
    assert len(store.images()) == 1


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ("base:1", r"^the image app:1: there is no parent 'base:1'; describe or add it first$"),
        ("BASE", r"^the image app:1: the parent 'BASE' is no image name: invalid reference format"),
        ("abc", r"there is no parent 'abc'"),
    ],
)
def test_an_unknown_parent_adds_nothing(store: ImageStore, parent: str, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        add(store, [describe("other:1"), describe("app:1", parent=parent)])
    assert store.images() == []
