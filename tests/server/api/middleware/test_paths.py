from typing import Any

import pytest

from musterd.api.middleware import paths


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("/images/json", "/images/json"),
        ("/images/json/", "/images/json/"),
        ("//images/json", "/images/json"),
        ("/v1.23//images///json", "/v1.23/images/json"),
        ("/images/./json", "/images/json"),
        ("/images/../images/json", "/images/json"),
        ("/../images//", "/images/"),
        ("/", "/"),
        ("//", "/"),
        ("", "/"),
    ],
)
def test_dot_segments_are_removed_from_a_path(path: Any, cleaned: str) -> None:
    assert paths.clean(path) == cleaned


@pytest.mark.parametrize("path", ["/images/json/", "/", "/images/json\n"])
def test_paths_outside_the_contract_are_recognized(path: Any) -> None:
    assert not paths.may_exist(path)


def test_paths_of_the_contract_are_recognized() -> None:
    assert paths.may_exist("/images/json")


@pytest.mark.parametrize(
    ("path", "malformed"), [(b"/a%20b", False), (b"/%zz", True), (b"/%2", True)]
)
def test_an_escape_needs_two_hexadecimal_digits(path: Any, malformed: bool) -> None:
    assert paths.is_malformed(path) is malformed
