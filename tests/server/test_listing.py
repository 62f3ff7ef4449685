import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd import filters, listing
from musterd.filters import Filters
from musterd.image import Image
from musterd.listing import ListQuery

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    return [
        make_image(1, tags=["tagged:1"], digests=[f"tagged@{DIGEST}"]),
        make_image(2, digests=[f"digestonly@{DIGEST}"]),
        make_image(3, parent=4),
        make_image(4, parent=1),
        make_image(5, tags=["child:1", "alias:1"], parent=4),
    ]


def numbers(images: list[Image], query: ListQuery) -> list[int]:
    return sorted(int(entry.image.id[7:], 16) for entry in listing.select(images, query))


# As Docker 1.11.2 lists images of these kinds.
@pytest.mark.parametrize(
    ("query", "listed"),
    [
        (ListQuery(), [1, 2, 3, 5]),
        (ListQuery(all=True), [1, 2, 3, 4, 5]),
        (ListQuery(filters=Filters(dangling=True)), [3]),
        (ListQuery(filters=Filters(dangling=True), all=True), [3]),
        (ListQuery(filters=Filters(dangling=False)), [1, 2, 5]),
        (ListQuery(filters=Filters(dangling=False), all=True), [1, 2, 5]),
        (ListQuery(name=filters.parse_name("*")), [1, 2, 5]),
        (ListQuery(name=filters.parse_name("*"), all=True), [1, 2, 5]),
        (ListQuery(name=filters.parse_name("digestonly")), [2]),
        (ListQuery(name=filters.parse_name("alias:1")), [5]),
        (ListQuery(name=filters.parse_name("*"), filters=Filters(dangling=True)), []),
        (ListQuery(name=filters.parse_name("tagged"), filters=Filters(dangling=False)), [1]),
    ],
)
def test_the_images_are_those_that_docker_lists(
    images: list[Image], query: Any, listed: list[int]
) -> None:
    assert numbers(images, query) == listed


def test_an_id_is_the_same_with_and_without_its_algorithm(make_image: MakeImage) -> None:
    images = [make_image(1), make_image(2, parent=1)]
    bare = [make_image(1, id=f"{1:064x}"), make_image(2, parent=1)]
    assert numbers(images, ListQuery()) == [2]
    assert [entry.image.id for entry in listing.select(bare, ListQuery())] == [images[1].id]


def test_newer_images_come_first_and_those_of_one_second_by_id(make_image: MakeImage) -> None:
    images = [
        make_image(1, created=5),
        make_image(3, created=-7),
        make_image(2, created=5),
        make_image(4, created=6),
    ]
    listed = listing.select(images, ListQuery())
    assert [int(entry.image.id[7:]) for entry in listed] == [4, 1, 2, 3]


def answer(images: list[Image], **query: Any) -> Any:
    return json.loads(listing.answer(images, ListQuery(**query)))


def test_nothing_is_an_empty_array_and_a_newline() -> None:
    assert listing.answer([], ListQuery()) == b"[]\n"


def test_an_image_shows_its_fields(make_image: MakeImage) -> None:
    image = make_image(
        1,
        tags=["a:1"],
        parent=2,
        created=-3,
        size=2**40,
        virtual_size=2**41,
        labels={"b": "", "a": "é"},
    )
    assert answer([image]) == [
        {
            "Id": image.id,
            "ParentId": image.parent,
            "RepoTags": ["a:1"],
            "Created": -3,
            "Size": 2**40,
            "VirtualSize": 2**41,
            "Labels": {"a": "é", "b": ""},
        }
    ]


@pytest.mark.parametrize("labels", [None, {}])
def test_an_image_without_labels_and_parent_has_empty_labels_and_no_parent_id(
    make_image: MakeImage, labels: Any
) -> None:
    (shown,) = answer([make_image(1, tags=["a:1"], labels=labels)])
    assert shown["Labels"] == {}
    assert "ParentId" not in shown


@pytest.mark.parametrize(
    ("names", "query", "shown"),
    [
        ({"tags": ["a:1"]}, {}, (["a:1"], "absent")),
        ({"tags": ["a:1"]}, {"digests": True}, (["a:1"], None)),
        ({"tags": ["a:1"], "digests": [f"a@{DIGEST}"]}, {}, (["a:1"], "absent")),
        (
            {"tags": ["a:1"], "digests": [f"a@{DIGEST}"]},
            {"digests": True},
            (["a:1"], [f"a@{DIGEST}"]),
        ),
        ({"digests": [f"a@{DIGEST}"]}, {}, (None, [f"a@{DIGEST}"])),
        ({}, {}, (["<none>:<none>"], ["<none>@<none>"])),
        ({}, {"digests": True}, (["<none>:<none>"], ["<none>@<none>"])),
    ],
)
def test_an_image_is_shown_with_a_name_or_a_pair_of_placeholders(
    make_image: MakeImage, names: Any, query: Any, shown: Any
) -> None:
    (image,) = answer([make_image(1, **names)], **query)
    assert (image["RepoTags"], image.get("RepoDigests", "absent")) == shown


def test_filter_leaves_only_the_names_that_fit(make_image: MakeImage) -> None:
    image = make_image(1, tags=["a:1", "a:2", "b:1"], digests=[f"a@{DIGEST}", f"c@{DIGEST}"])

    def names(text: str) -> Any:
        (shown,) = answer([image], name=filters.parse_name(text), digests=True)
        return shown["RepoTags"], shown["RepoDigests"]

    assert names("a") == (["a:1", "a:2"], [f"a@{DIGEST}"])
    assert names("a:2") == (["a:2"], None)
    assert names("c") == (None, [f"c@{DIGEST}"])


def test_names_are_sorted_unless_they_have_an_order_of_their_own(make_image: MakeImage) -> None:
    names = {
        "tags": ["localhost:5000/b:1", "z:1", "a:1"],
        "digests": [f"b@{DIGEST}", f"a@{DIGEST}"],
    }
    (sorted_,) = answer([make_image(1, **names)], digests=True)
    (own,) = answer([make_image(1, **names, own_order=True)], digests=True)
    assert sorted_["RepoTags"] == ["a:1", "localhost:5000/b:1", "z:1"]
    assert own["RepoTags"] == names["tags"]
    assert sorted_["RepoDigests"] == own["RepoDigests"] == [f"a@{DIGEST}", f"b@{DIGEST}"]


def test_an_export_has_every_image_with_digests_and_labels_as_they_are(
    images: list[Image], make_image: MakeImage
) -> None:
    exported = json.loads(listing.export([*images, make_image(6, tags=["e:1"], labels={})]))
    assert len(exported) == 6
    assert all("RepoDigests" in image for image in exported)
    assert [image["Labels"] for image in exported] == [{}] + [None] * 5
