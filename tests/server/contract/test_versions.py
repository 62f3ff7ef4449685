import pytest

from musterd.contract.versions import (
    NEWEST,
    OLDEST,
    ApiVersion,
    check_served,
    documented,
    split_version,
)
from musterd.errors import BadRequestError


@pytest.mark.parametrize("text", ["1.23", "1.23.0", "01.023", "1.23..", "1.23.0.0"])
def test_versions_with_equal_numbers_are_equal(text: str) -> None:
    assert ApiVersion(text) == ApiVersion("1.23")
    assert hash(ApiVersion(text)) == hash(ApiVersion("1.23"))
    assert str(ApiVersion(text)) == text


def test_a_version_is_not_equal_to_a_string() -> None:
    assert ApiVersion("1.23") != "1.23"


def test_versions_are_ordered_numerically() -> None:
    texts = ["0.1", "1", "1.0.23", "1.9", "1.12", "1.23", "1.23.1", "1.100", "2"]
    assert sorted(map(ApiVersion, reversed(texts))) == list(map(ApiVersion, texts))


@pytest.mark.parametrize("text", ["1.12", "1.20", "1.23", "1.23.0", "01.023", "1.41", "1.56"])
def test_versions_within_the_range_are_served(text: str) -> None:
    check_served(ApiVersion(text))


@pytest.mark.parametrize("text", ["1.11", "1.0", "1", ".", "1..23", "0.1", "1.9"])
def test_a_version_that_is_too_old_is_refused_in_dockers_words(text: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        check_served(ApiVersion(text))
    assert str(refused.value) == (
        f"client version {text} is too old. Minimum supported API version is {OLDEST}, "
        "please upgrade your client to a newer version"
    )


@pytest.mark.parametrize("text", ["1.57", "1.56.1", "2", "1." + "9" * 6000])
def test_a_version_that_is_too_new_is_refused_in_dockers_words(text: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        check_served(ApiVersion(text))
    assert str(refused.value) == (
        f"client version {text} is too new. Maximum supported API version is {NEWEST}"
    )


@pytest.mark.parametrize("text", ["1.23." + "0" * 28, "1.23" + ".0" * 50_000])
def test_an_overlong_version_is_refused_without_parsing(text: str) -> None:
    with pytest.raises(BadRequestError, match=r"^the API version has more than 32 characters$"):
        check_served(ApiVersion(text))


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("1.0", "1.23"),
        ("1.12", "1.23"),
        ("1.23.1", "1.23"),
        ("1.24", "1.24"),
        ("1.40", "1.25"),
        ("1.050", "1.50"),
        ("1.46", "1.44"),
        ("1.56", "1.55"),
        ("99", "1.55"),
    ],
)
def test_a_version_uses_the_nearest_older_document(text: str, document: str) -> None:
    assert documented(ApiVersion(text)) == document


@pytest.mark.parametrize(
    ("path", "version", "rest"),
    [
        ("/v1.23/images/json", "1.23", "/images/json"),
        ("/v./x", ".", "/x"),
        ("/v1..23/", "1..23", "/"),
        ("/v1.23/v1.24/x", "1.23", "/v1.24/x"),
    ],
)
def test_the_version_is_split_from_the_path(path: str, version: str, rest: str) -> None:
    found, remaining = split_version(path)
    assert (found.text, remaining) == (version, rest)


@pytest.mark.parametrize(
    "path", ["/images/json", "/v1.23", "/v/x", "/V1.23/x", "/1.23/x", "/v1.2a/x", "/v1.23 /x", "/"]
)
def test_a_path_without_a_version_gets_the_newest(path: str) -> None:
    assert split_version(path) == (NEWEST, path)
