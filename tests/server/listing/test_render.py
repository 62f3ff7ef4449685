import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.contract import rules
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, NotFoundError
from musterd.images.image import NEVER, Image, Layer
from musterd.listing import filters, render
from musterd.listing.filters import Filters
from musterd.listing.render import ListQuery

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64
OLDEST = Rules()
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


def numbers(images: list[Image], query: ListQuery, version: str = "1.23") -> list[int]:
    listed = render.select(images, query, at(version))
    return sorted(int(entry.image.id[7:], 16) for entry in listed)


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
def test_the_images_are_those_that_docker_lists(
    images: list[Image], query: Any, listed: list[int]
) -> None:
    assert numbers(images, query) == listed


def test_an_id_is_the_same_with_and_without_its_algorithm(make_image: MakeImage) -> None:
    images = [make_image(1), make_image(2, parent=1)]
    bare = [make_image(1, id=f"{1:064x}"), make_image(2, parent=1)]
    assert numbers(images, ListQuery()) == [2]
    assert [entry.image.id for entry in render.select(bare, ListQuery(), OLDEST)] == [images[1].id]


def test_newer_images_come_first_and_those_of_one_second_by_id(make_image: MakeImage) -> None:
    images = [
        make_image(1, created=5),
        make_image(3, created=-7),
        make_image(2, created=5),
        make_image(4, created=6),
    ]
    listed = render.select(images, ListQuery(), OLDEST)
    assert [int(entry.image.id[7:]) for entry in listed] == [4, 1, 2, 3]


def answer(images: list[Image], version: str = "1.23", **query: Any) -> Any:
    return json.loads(render.answer(images, ListQuery(**query), at(version)))


def test_nothing_is_an_empty_array_and_a_newline() -> None:
    assert render.answer([], ListQuery(), OLDEST) == b"[]\n"


def test_many_images_come_in_pieces(make_image: MakeImage, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [make_image(number, created=-number) for number in range(5)]
    monkeypatch.setattr(render, "_PIECE", 2)
    pieces = list(render.pieces(render.Images(images), ListQuery(), OLDEST))
    assert [piece.count(b'"Id"') for piece in pieces] == [2, 2, 1]
    whole = json.loads(b"".join(pieces))
    assert [item["Id"] for item in whole] == [image.id for image in images]


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
        (shown,) = answer([image], filters=named(text).filters, digests=True)
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


def test_names_are_sorted_by_their_full_spelling_from_1_24_on(make_image: MakeImage) -> None:
    names = {
        "tags": ["a.io/b:1", "z:1", "user/a:1"],
        "digests": [f"a.io/b@{DIGEST}", f"z@{DIGEST}"],
    }
    (older,) = answer([make_image(1, **names)], digests=True)
    (newer,) = answer([make_image(1, **names)], "1.24")
    assert older["RepoTags"] == ["a.io/b:1", "user/a:1", "z:1"]
    assert newer["RepoTags"] == ["a.io/b:1", "z:1", "user/a:1"]
    assert older["RepoDigests"] == newer["RepoDigests"] == names["digests"]


def test_an_image_shows_the_fields_of_each_version(make_image: MakeImage) -> None:
    image = make_image(1, tags=["a:1"], size=2, virtual_size=3, containers=4)
    at_1_24 = {
        "Id": image.id,
        "ParentId": "",
        "RepoTags": ["a:1"],
        "RepoDigests": None,
        "Created": image.created,
        "Size": 2,
        "VirtualSize": 3,
        "SharedSize": -1,
        "Containers": -1,
        "Labels": None,
    }
    at_1_43 = at_1_24 | {"RepoDigests": [], "Size": 3}
    at_1_44 = {key: at_1_43[key] for key in at_1_43 if key != "VirtualSize"}
    for version, shown in (
        ("1.24", at_1_24),
        ("1.42", at_1_24),
        ("1.43", at_1_43),
        ("1.44", at_1_44),
        ("1.51", at_1_44 | {"Containers": 4}),
    ):
        assert answer([image], version) == [shown]
    assert answer([make_image(1)], "1.51")[0]["Containers"] == 0


@pytest.mark.parametrize(
    ("names", "at_1_42", "at_1_43"),
    [
        ({}, (["<none>:<none>"], ["<none>@<none>"]), ([], [])),
        ({"digests": [f"a@{DIGEST}"]}, (None, [f"a@{DIGEST}"]), ([], [f"a@{DIGEST}"])),
        ({"tags": ["a:1"]}, (["a:1"], None), (["a:1"], [])),
    ],
)
def test_what_stands_for_no_names_is_an_empty_array_from_1_43_on(
    make_image: MakeImage, names: Any, at_1_42: Any, at_1_43: Any
) -> None:
    for version, shown in (("1.42", at_1_42), ("1.43", at_1_43)):
        (image,) = answer([make_image(1, **names)], version)
        assert (image["RepoTags"], image["RepoDigests"]) == shown


def test_an_image_without_a_date_is_of_the_year_1_and_later_of_1970(make_image: MakeImage) -> None:
    images = [make_image(1, created=NEVER), make_image(2, created=-1), make_image(3, created=0)]
    assert [image["Created"] for image in answer(images, "1.41")] == [0, -1, NEVER]
    assert [image["Created"] for image in answer(images, "1.42")] == [0, 0, -1]
    # It was made then, or so it says.
    dated = make_image(1, created=NEVER, created_text="0001-01-01T00:00:00Z")
    assert answer([dated], "1.42")[0]["Created"] == NEVER


def test_an_image_known_by_digest_alone_dangles_from_1_24_on(images: list[Image]) -> None:
    for version, listed in (("1.23", [3]), ("1.24", [2, 3])):
        assert numbers(images, ListQuery(filters=Filters(dangling=True)), version) == listed
    assert numbers(images, ListQuery(filters=Filters(dangling=False)), "1.24") == [1, 2, 5]


def test_an_image_known_by_digest_alone_does_not_dangle_if_it_has_children(
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
def test_images_are_older_or_newer_than_the_ones_that_are_named(
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
def test_images_are_older_than_a_moment(
    dated: list[Image], conditions: Any, listed: list[int]
) -> None:
    assert numbers(dated, asking(conditions, "1.42"), "1.42") == listed


def test_an_image_that_is_not_there_is_nobodys_elder(dated: list[Image]) -> None:
    with pytest.raises(NotFoundError, match=r"^No such image: nosuch:latest$"):
        numbers(dated, asking({"before": ["nosuch"]}), "1.24")


def test_a_malformed_pattern_is_a_mistake_if_there_is_a_name(dated: list[Image]) -> None:
    assert numbers([], asking({"reference": ["["]}), "1.24") == []
    with pytest.raises(BadRequestError, match=r"^syntax error in pattern$"):
        numbers(dated, asking({"reference": ["["]}), "1.24")


def test_shared_sizes_are_worked_out_from_the_layers(make_image: MakeImage) -> None:
    below, middle, top = Layer("sha256:1", 1), Layer("sha256:2", 10), Layer("sha256:3", 100)
    images = [
        make_image(1, tags=["a:1"], layers=(below, middle)),
        # The same layer on another one is another one.
        make_image(2, tags=["b:1"], layers=(middle, below)),
        make_image(3, tags=["c:1"], layers=(below, top), parent=4),
        # Only a step towards the one above, and so it does not count.
        make_image(4, layers=(below, middle)),
        make_image(5, tags=["d:1"], shared_size=7),
        make_image(6, tags=["e:1"]),
        make_image(7, tags=["f:1"], layers=()),
    ]
    shown = answer(images, "1.42", all=True, shared_size=True)
    assert {image["Id"]: image["SharedSize"] for image in shown} == {
        image.id: shared for image, shared in zip(images, [1, 0, 1, 1, 7, 0, 0], strict=True)
    }
