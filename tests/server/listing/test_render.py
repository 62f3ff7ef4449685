import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.contract import rules
from musterd.contract.rules import V1_23
from musterd.contract.versions import ApiVersion
from musterd.images.image import NEVER, Image
from musterd.listing import filters, render
from musterd.listing.query import ListQuery
from musterd.listing.source import Images

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64


def listing(images: list[Image], query: ListQuery, version: str = "1.23") -> bytes:
    return b"".join(render.pieces(Images(images), query, rules.at(ApiVersion(version))))


def answer(images: list[Image], version: str = "1.23", **query: Any) -> Any:
    return json.loads(listing(images, ListQuery(**query), version))


def test_an_empty_listing_is_an_empty_array_and_a_newline() -> None:
    assert listing([], ListQuery()) == b"[]\n"


def test_many_images_are_rendered_in_chunks(
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [make_image(number, created=-number) for number in range(5)]
    monkeypatch.setattr(render, "_PIECE", 2)
    pieces = list(render.pieces(Images(images), ListQuery(), V1_23))
    assert [piece.count(b'"Id"') for piece in pieces] == [2, 2, 1]
    whole = json.loads(b"".join(pieces))
    assert [item["Id"] for item in whole] == [image.id for image in images]


def test_an_image_is_rendered_with_its_fields(make_image: MakeImage) -> None:
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
def test_an_image_shows_a_name_or_placeholders(
    make_image: MakeImage, names: Any, query: Any, shown: Any
) -> None:
    (image,) = answer([make_image(1, **names)], **query)
    assert (image["RepoTags"], image.get("RepoDigests", "absent")) == shown


def test_filter_keeps_only_the_matching_names(make_image: MakeImage) -> None:
    image = make_image(1, tags=["a:1", "a:2", "b:1"], digests=[f"a@{DIGEST}", f"c@{DIGEST}"])

    def names(text: str) -> Any:
        (shown,) = answer([image], filters=filters.parse("", text, V1_23, 0), digests=True)
        return shown["RepoTags"], shown["RepoDigests"]

    assert names("a") == (["a:1", "a:2"], [f"a@{DIGEST}"])
    assert names("a:2") == (["a:2"], None)
    assert names("c") == (None, [f"c@{DIGEST}"])


def test_names_are_sorted_unless_the_image_fixes_their_order(make_image: MakeImage) -> None:
    names = {
        "tags": ["localhost:5000/b:1", "z:1", "a:1"],
        "digests": [f"b@{DIGEST}", f"a@{DIGEST}"],
    }
    (sorted_,) = answer([make_image(1, **names)], digests=True)
    (own,) = answer([make_image(1, **names, own_order=True)], digests=True)
    assert sorted_["RepoTags"] == ["a:1", "localhost:5000/b:1", "z:1"]
    assert own["RepoTags"] == names["tags"]
    assert sorted_["RepoDigests"] == own["RepoDigests"] == [f"a@{DIGEST}", f"b@{DIGEST}"]


def test_names_are_sorted_by_their_canonical_form_from_1_24_on(make_image: MakeImage) -> None:
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
def test_missing_names_are_an_empty_array_from_1_43_on(
    make_image: MakeImage, names: Any, at_1_42: Any, at_1_43: Any
) -> None:
    for version, shown in (("1.42", at_1_42), ("1.43", at_1_43)):
        (image,) = answer([make_image(1, **names)], version)
        assert (image["RepoTags"], image["RepoDigests"]) == shown


def test_an_image_without_a_date_shows_1970_from_1_42_on(make_image: MakeImage) -> None:
    images = [make_image(1, created=NEVER), make_image(2, created=-1), make_image(3, created=0)]
    assert [image["Created"] for image in answer(images, "1.41")] == [0, -1, NEVER]
    assert [image["Created"] for image in answer(images, "1.42")] == [0, 0, -1]
    # Its config has exactly this date.
    dated = make_image(1, created=NEVER, created_text="0001-01-01T00:00:00Z")
    assert answer([dated], "1.42")[0]["Created"] == NEVER


def test_rendered_images_are_reused_unless_names_are_filtered(make_image: MakeImage) -> None:
    images = Images([make_image(1, tags=["a:1", "b:1"]), make_image(2)])
    rendered: dict[str, bytes] = {}
    plain, of_a = ListQuery(), ListQuery(filters=filters.parse("", "a", V1_23, 0))
    first = b"".join(render.pieces(images, plain, V1_23, rendered))
    assert list(rendered) == [make_image(2).id, make_image(1).id]
    (narrowed,) = json.loads(b"".join(render.pieces(images, of_a, V1_23, rendered)))
    assert narrowed["RepoTags"] == ["a:1"]
    assert b"".join(render.pieces(images, plain, V1_23, rendered)) == first
    rendered[make_image(2).id] = b'"kept"'
    assert b"".join(render.pieces(images, plain, V1_23, rendered)).startswith(b'["kept",{')
    sized = ListQuery(shared_size=True)
    assert b"kept" not in b"".join(render.pieces(images, sized, V1_23, rendered))
