import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.contract import rules
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, NotFoundError
from musterd.images.image import NEVER, Image
from musterd.listing import filters
from musterd.listing.filters import Filters
from musterd.listing.query import ListQuery
from musterd.listing.select import select
from musterd.listing.source import Images

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64
NOW = 10**18


def at(version: str) -> Rules:
    return rules.at(ApiVersion(version))


def asking(conditions: Any, version: str = "1.24", name: str = "", **rest: Any) -> ListQuery:
    text = "" if conditions is None else json.dumps(conditions)
    return ListQuery(filters=filters.parse(text, name, at(version), NOW), **rest)


def named(name: str, **rest: Any) -> ListQuery:
    return asking(None, "1.23", name, **rest)


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    return [
        make_image(1, tags=["tagged:1"], digests=[f"tagged@{DIGEST}"]),
        make_image(2, digests=[f"digestonly@{DIGEST}"]),
        make_image(3, parent=4),
        make_image(4, parent=1),
        make_image(5, tags=["child:1", "alias:1"], parent=4),
    ]


def listed_ids(images: list[Image], query: ListQuery, version: str = "1.23") -> list[str]:
    return [entry.image.id for entry, _ in select(Images(images), query, at(version))]


def numbers(images: list[Image], query: ListQuery, version: str = "1.23") -> list[int]:
    return sorted(int(image_id[7:], 16) for image_id in listed_ids(images, query, version))


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
        (named("*"), [1, 2, 5]),
        (named("*", all=True), [1, 2, 5]),
        (named("digestonly"), [2]),
        (named("alias:1"), [5]),
        (asking({"dangling": ["true"]}, "1.23", "*"), []),
        (asking({"dangling": ["false"]}, "1.23", "tagged"), [1]),
    ],
)
def test_the_selected_images_match_docker(
    images: list[Image], query: Any, listed: list[int]
) -> None:
    assert numbers(images, query) == listed


def test_ids_match_with_and_without_their_algorithm(make_image: MakeImage) -> None:
    images = [make_image(1), make_image(2, parent=1)]
    bare = [make_image(1, id=f"{1:064x}"), make_image(2, parent=1)]
    assert numbers(images, ListQuery()) == [2]
    assert listed_ids(bare, ListQuery()) == [images[1].id]


def test_images_are_sorted_by_date_and_id(make_image: MakeImage) -> None:
    images = [
        make_image(1, created=5),
        make_image(3, created=-7),
        make_image(2, created=5),
        make_image(4, created=6),
    ]
    listed = listed_ids(images, ListQuery())
    assert [int(image_id[7:]) for image_id in listed] == [4, 1, 2, 3]


def test_digest_only_images_are_dangling_from_1_24_on(images: list[Image]) -> None:
    for version, listed in (("1.23", [3]), ("1.24", [2, 3])):
        assert numbers(images, ListQuery(filters=Filters(dangling=True)), version) == listed
    assert numbers(images, ListQuery(filters=Filters(dangling=False)), "1.24") == [1, 2, 5]


def test_digest_only_images_with_children_are_not_dangling(
    images: list[Image], make_image: MakeImage
) -> None:
    images.append(make_image(6, parent=2))
    assert numbers(images, ListQuery(filters=Filters(dangling=True)), "1.24") == [3, 6]


@pytest.fixture
def dated(make_image: MakeImage) -> list[Image]:
    """Images of two seconds and of none; the third has its name from the second's parts."""
    return [
        make_image(1, tags=["one:1"], created=10),
        make_image(2, tags=["two:1"], created=20, created_text="1970-01-01T00:00:20.25Z"),
        make_image(3, tags=["three:1"], created=20, created_text="1970-01-01T00:00:20.75Z"),
        make_image(4, tags=["none:1"], created=NEVER),
    ]


@pytest.mark.parametrize(
    ("conditions", "older", "newer"),
    [
        ({"before": ["three:1"]}, [1, 2, 4], [1, 2]),
        ({"since": ["one:1"]}, [2, 3], [2, 3]),
        ({"since": ["two:1"]}, [3], [3]),
        ({"since": ["one:1"], "before": ["three:1"]}, [2], [2]),
        ({"before": ["two:1", "three:1"]}, [1, 4], [1]),
        ({"since": ["one:1", "two:1"]}, [3], [3]),
        ({"before": ["none:1"]}, [], [1, 2, 3, 4]),
        ({"since": ["none:1"]}, [1, 2, 3], [1, 2, 3, 4]),
        ({"since": ["two:1"], "before": ["two:1"]}, [], []),
        ({"before": []}, [1, 2, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_before_and_since_compare_with_the_named_images(
    dated: list[Image], conditions: Any, older: Any, newer: Any
) -> None:
    assert numbers(dated, asking(conditions), "1.24") == older
    assert numbers(dated, asking(conditions, "1.42"), "1.42") == newer


@pytest.mark.parametrize(
    ("conditions", "listed"),
    [
        ({"until": ["1970-01-01T00:00:20.5Z"]}, [1, 2]),
        ({"until": ["20.5", "15"]}, [1]),
        ({"until": ["20.5"], "before": ["two:1"]}, [1]),
        ({"until": ["20.5"], "since": ["one:1"]}, [2]),
        ({"until": ["2100-01-01"]}, [1, 2, 3]),
    ],
)
def test_until_selects_images_older_than_a_timestamp(
    dated: list[Image], conditions: Any, listed: list[int]
) -> None:
    assert numbers(dated, asking(conditions, "1.42"), "1.42") == listed


def test_before_an_unknown_image_is_not_found(dated: list[Image]) -> None:
    with pytest.raises(NotFoundError, match=r"^No such image: nosuch:latest$"):
        numbers(dated, asking({"before": ["nosuch"]}), "1.24")


def test_a_malformed_pattern_fails_if_there_is_a_name(dated: list[Image]) -> None:
    assert numbers([], asking({"reference": ["["]}), "1.24") == []
    with pytest.raises(BadRequestError, match=r"^syntax error in pattern$"):
        numbers(dated, asking({"reference": ["["]}), "1.24")
