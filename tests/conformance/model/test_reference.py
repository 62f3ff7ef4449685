from __future__ import annotations

import pytest

from muster.model.reference import is_tagged, repository


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("busybox", "busybox"),
        ("busybox:1.24", "busybox"),
        ("user/tools:2", "user/tools"),
        ("h:5000/a", "h:5000/a"),
        ("h:5000/a:b", "h:5000/a"),
        ("h:5000/a@sha256:cbbf", "h:5000/a"),
        ("a:b@sha256:cbbf", "a"),
        ("@sha256:cbbf", ""),
        ("", ""),
    ],
)
def test_the_repository_precedes_the_tag_or_digest(reference: str, name: str) -> None:
    assert repository(reference) == name


@pytest.mark.parametrize(
    "text",
    [
        "a:b",
        "a:B.c-d_e",
        "a.b_c__d--e/f:1",
        "h:5000/a:b",
        "H.x-y:1/a/b:c",
        "localhost/a:b",
        "a:" + "x" * 128,
    ],
)
def test_a_repository_with_a_tag_is_tagged(text: str) -> None:
    assert is_tagged(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "h:5000/a",
        "a:",
        ":b",
        "a:*",
        "a:b*",
        "*:b",
        "A:b",
        "a@sha256:00",
        "a/B:c",
        "a//b:c",
        "a..b:c",
        "a___b:c",
        "-a:b",
        "a-:b",
        "a:.b",
        "a:-b",
        "a:b/c",
        "a b:c",
        "a:b\n",
        "a:" + "x" * 129,
    ],
)
def test_anything_else_is_not_tagged(text: str) -> None:
    assert not is_tagged(text)


@pytest.mark.parametrize("part", ["a", "a-", "a.", "a_", "a/", "a:"])
def test_a_long_text_is_classified_immediately(part: str) -> None:
    # An expression that tries every way of dividing the text would not end.
    assert not is_tagged(part * 5000 + "!")
