from typing import Any

import pytest

from musterd.api.middleware import paths
from musterd.contract.versions import NEWEST


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
def test_a_path_is_cleaned_of_segments_that_lead_nowhere(path: Any, cleaned: str) -> None:
    assert paths.clean(path) == cleaned


@pytest.mark.parametrize(
    ("path", "version", "rest"),
    [
        ("/v1.23/images/json", "1.23", "/images/json"),
        ("/v./x", ".", "/x"),
        ("/v1..23/", "1..23", "/"),
        ("/v1.23/v1.24/x", "1.23", "/v1.24/x"),
    ],
)
def test_the_version_is_taken_off_the_path(path: Any, version: str, rest: Any) -> None:
    found, remaining = paths.split_version(path)
    assert (found.text, remaining) == (version, rest)


@pytest.mark.parametrize(
    "path", ["/images/json", "/v1.23", "/v/x", "/V1.23/x", "/1.23/x", "/v1.2a/x", "/v1.23 /x", "/"]
)
def test_a_path_without_a_version_has_the_newest(path: Any) -> None:
    assert paths.split_version(path) == (NEWEST, path)


@pytest.mark.parametrize("path", ["/images/json/", "/", "/images/json\n"])
def test_some_paths_cannot_be_the_contracts(path: Any) -> None:
    assert not paths.may_exist(path)


def test_other_paths_can() -> None:
    assert paths.may_exist("/images/json")


@pytest.mark.parametrize(
    ("path", "malformed"), [(b"/a%20b", False), (b"/%zz", True), (b"/%2", True)]
)
def test_an_escape_needs_two_hexadecimal_digits(path: Any, malformed: bool) -> None:
    assert paths.is_malformed(path) is malformed
