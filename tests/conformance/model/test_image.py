from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.exchange import Response
from muster.model.image import Image, NotAListing, listing, plain_id, printable, shorten


def images(*items: Any) -> tuple[Image, ...]:
    return listing(Response(200, {}, json.dumps(items).encode()))


def image(**members: Any) -> Image:
    (only,) = images({"Id": "sha256:ab"} | members)
    return only


def test_an_image_has_the_values_of_the_listing() -> None:
    raw = {
        "Id": "sha256:ab",
        "ParentId": "cd",
        "RepoTags": ["a:1"],
        "RepoDigests": ["a@sha256:0"],
        "Created": 5,
        "Labels": {"k": "v"},
    }
    shown = image(**raw)
    assert shown == Image(
        "sha256:ab", "cd", ("a:1",), ("a@sha256:0",), created=5, labels={"k": "v"}
    )
    assert shown.references == ("a:1", "a@sha256:0")
    assert shown.raw == raw


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, Image("sha256:ab", digests=None, created=None)),
        (
            dict.fromkeys(["ParentId", "RepoTags", "RepoDigests", "Created", "Labels"]),
            Image("sha256:ab", created=None),
        ),
        ({"RepoTags": [], "RepoDigests": [], "Created": 0}, Image("sha256:ab")),
        (
            {"RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"], "Created": 0},
            Image("sha256:ab", nameless=True),
        ),
        (
            {"ParentId": 5, "RepoTags": "a:1", "RepoDigests": [5, None], "Created": True},
            Image("sha256:ab", created=None),
        ),
        ({"Labels": ["a"], "Created": 1.5}, Image("sha256:ab", digests=None, created=None)),
        (
            {"Labels": {"a": 1, "b": None, "c": "d"}, "RepoDigests": {}},
            Image("sha256:ab", created=None, labels={"c": "d"}),
        ),
    ],
)
def test_null_absent_placeholder_and_wrong_type_are_equal(
    members: dict[str, Any], expected: Image
) -> None:
    assert image(**members) == expected


def test_null_lists_no_image() -> None:
    assert listing(Response(200, {}, b"null")) == ()


@pytest.mark.parametrize(
    ("response", "wrong"),
    [
        (Response(500, {}, b"no\n space"), "the answer has status 500: no space"),
        (Response(204, {}, b""), "the answer has status 204: "),
        (Response(200, {}, b""), "the answer has status 200 and an empty body"),
        (
            Response(200, {}, b"[\n"),
            "the body is not JSON (Expecting value: line 2 column 1 (char 2)): [",
        ),
        (Response(200, {}, b'{"a": 1}'), 'the body is not a JSON array: {"a": 1}'),
        (Response(200, {}, b"[5]"), "element 0 is not an object with a string Id: 5"),
        (
            Response(200, {}, b'[{"Id": ""}, {"Id": null}]'),
            "element 1 is not an object with a string Id: {'Id': None}",
        ),
        (Response(200, {}, b"[{}]"), "element 0 is not an object with a string Id: {}"),
    ],
)
def test_a_response_that_is_not_a_listing_is_reported(response: Response, wrong: str) -> None:
    with pytest.raises(NotAListing) as found:
        listing(response)
    assert str(found.value) == wrong


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Image("sha256:0123456789abcdef"), "0123456789ab (untagged)"),
        (Image("01", tags=("a:1",)), "01 (a:1)"),
        (Image("01", tags=("a:1", "b:1"), digests=("a@x",)), "01 (a:1 and 2 more)"),
        (Image("01", digests=None), "01 (untagged)"),
        (Image("01", digests=("a@x",)), "01 (a@x)"),
    ],
)
def test_an_image_is_named_by_its_short_id_and_a_reference(shown: Image, text: str) -> None:
    assert str(shown) == text


@pytest.mark.parametrize(("text", "plain"), [("sha256:ab", "ab"), ("ab", "ab"), ("md5:a", "md5:a")])
def test_the_algorithm_of_an_id_is_ignored(text: str, plain: str) -> None:
    assert plain_id(text) == plain


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        (" a \n\t b ", 9, "a b"),
        ("abcde", 5, "abcde"),
        ("abcdef", 5, "abcd…"),
        ("\x1b[31mred", 9, "�[31mred"),
    ],
)
def test_text_is_shortened_to_one_line(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_has_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    assert printable(shown) == shown


ID = f"sha256:{'0' * 64}"


def test_an_id_that_is_also_a_digest_belongs_to_a_manifest() -> None:
    assert image(Id=ID, RepoDigests=[f"a@{ID}"]).is_manifest
    assert image(Id=ID, RepoTags=[f"a@{ID}"]).is_manifest
    assert not image(Id=ID, RepoDigests=[f"a@sha256:{'1' * 64}"]).is_manifest
    assert not image(Id=ID, RepoTags=["a:1"]).is_manifest


def test_a_bare_digest_is_not_a_reference() -> None:
    shown = image(Id=ID, RepoTags=["a:1"], RepoDigests=[ID])

    assert shown.digests is None
    assert shown.references == ("a:1",)


@pytest.mark.parametrize(
    ("manifests", "has_one"),
    [
        (("image",), True),
        (("image", "attestation"), True),
        (("image", "image"), False),
        (("unknown",), False),
        ((), False),
        (None, False),
    ],
)
def test_an_image_knows_whether_it_has_one_platform(
    manifests: tuple[str, ...] | None, has_one: bool
) -> None:
    assert Image(ID, manifests=manifests).has_one_platform is has_one
