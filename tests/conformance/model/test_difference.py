from __future__ import annotations

from typing import Any

import pytest

from muster.model.difference import (
    LIMIT,
    field_differences,
    image_differences,
    order_differences,
    tag_differences,
    truncate,
)
from muster.model.image import Image
from muster.model.oracle import Expected

A, B, C = Image("a", tags=("x:1",)), Image("b"), Image("c")


def raw(identifier: str, **members: Any) -> Image:
    return Image(identifier, raw={"Id": identifier, **members})


@pytest.mark.parametrize(
    ("expected", "got", "lines"),
    [
        (Expected(()), [], []),
        (Expected((A, B)), [B, A], []),
        (Expected((A, B)), [B], ["- missing: a (x:1)"]),
        (Expected((B,)), [A, B], ["+ unexpected: a (x:1)"]),
        (Expected((A,)), [C], ["- missing: a (x:1)", "+ unexpected: c (untagged)"]),
        (Expected((A, B), frozenset({"b"})), [A], []),
        (Expected((A, B), frozenset({"b"})), [B], ["- missing: a (x:1)"]),
    ],
)
def test_the_image_difference_lists_missing_and_unexpected_images(
    expected: Expected, got: list[Image], lines: list[str]
) -> None:
    assert image_differences(expected, got) == lines


def test_tags_are_compared_regardless_of_order() -> None:
    wanted = Expected((Image("a", tags=("x:2", "x:1")), Image("b", tags=("y:1",)), C))
    got = [Image("a", tags=("x:1", "x:2")), Image("b", tags=("z:1", "y:1")), Image("d")]
    assert tag_differences(wanted, got) == ["- RepoTags of b: [y:1]", "+ RepoTags of b: [y:1, z:1]"]


def test_every_member_but_repo_digests_is_compared() -> None:
    before = [raw("a", Size=1, Labels=None, RepoDigests=None), raw("b", Size=1), raw("c")]
    after = [raw("a", Size=2, RepoDigests=["x"], New="n"), raw("b", Size=1), raw("d", Size=9)]
    assert field_differences(before, after) == [
        "- New of a: None",
        "+ New of a: 'n'",
        "- Size of a: 1",
        "+ Size of a: 2",
    ]


def test_duplicate_images_are_not_compared() -> None:
    assert field_differences([raw("a", Size=1)], [raw("a", Size=2), raw("a", Size=3)]) == []
    assert field_differences([raw("a", Size=1), raw("a")], [raw("a", Size=2)]) == []


@pytest.mark.parametrize(
    ("count", "last"), [(0, None), (LIMIT, "9"), (LIMIT + 1, "… and 1 more lines")]
)
def test_long_differences_are_truncated_with_a_count(count: int, last: str | None) -> None:
    lines = truncate([str(number) for number in range(count)])
    assert lines[:LIMIT] == tuple(str(number) for number in range(min(count, LIMIT)))
    assert (lines[-1] if lines else None) == last


OLD, NEW = Image("old", created=1), Image("new", created=2)


@pytest.mark.parametrize(
    ("expected", "got", "lines"),
    [
        ([NEW, OLD], [NEW, OLD], []),
        ([OLD, NEW], [OLD, NEW], []),
        ([NEW, OLD], [OLD, NEW], [f"- {NEW} before {OLD}", f"+ {OLD} before {NEW}"]),
    ],
    ids=["both newest first", "neither newest first", "only the expected one newest first"],
)
def test_the_order_difference_lists_older_images_that_come_first(
    expected: list[Image], got: list[Image], lines: list[str]
) -> None:
    assert order_differences(expected, got) == lines
