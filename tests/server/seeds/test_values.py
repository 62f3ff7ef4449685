from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from musterd.errors import SeedError
from musterd.images.platform import Platform
from musterd.seeds import values


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (0, 0),
        ("7", 7),
        ("7B", 7),
        ("5MB", 5_000_000),
        ("5 mb", 5_000_000),
        ("5MiB", 5_242_880),
        ("1.5kB", 1_500),
        ("0.1TiB", 109_951_162_777),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_a_size_is_in_the_units_of_docker_images(given: str | int, size: int) -> None:
    assert values.size(given) == size


@pytest.mark.parametrize(
    "given", ["", "x", "5XB", "-1", "5M", True, -1, "1.MB", "99999999TB", 2**63]
)
def test_an_invalid_size_is_refused(given: Any) -> None:
    with pytest.raises(
        SeedError, match=r"not a size; write 5MB|is more than 9223372036854775807"
    ) as no:
        values.size(given)
    assert no.value.field == "size"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("2024-01-31", "2024-01-31T00:00:00Z"),
        ("2024-01-31T12:00:00.5+01:00", "2024-01-31T12:00:00.5+01:00"),
        (date(2024, 1, 31), "2024-01-31T00:00:00Z"),
        (datetime(2024, 1, 31, 12), "2024-01-31T12:00:00Z"),  # noqa: DTZ001  # UTC, as documented
        (datetime(2024, 1, 31, 12, tzinfo=UTC), "2024-01-31T12:00:00Z"),
        (datetime(2024, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), "2024-01-31T10:00:00Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_a_date_may_be_written_in_many_ways(given: Any, text: str) -> None:
    assert values.created(given) == text


@pytest.mark.parametrize("given", ["", "yesterday", "2024-02-30", True, 10**15])
def test_a_malformed_date_is_refused(given: Any) -> None:
    with pytest.raises(SeedError, match="is not a date; write 2024-01-31") as no:
        values.created(given)
    assert no.value.field == "created"


def test_only_sha256_digests_are_accepted() -> None:
    assert values.digest(f"sha256:{'a' * 64}") == f"sha256:{'a' * 64}"
    for text in ("", "sha256:", f"sha256:{'a' * 63}", f"sha512:{'a' * 64}", "A" * 64):
        with pytest.raises(SeedError, match="is not a digest; write sha256:"):
            values.digest(text)


def test_a_platform_needs_an_os_and_an_architecture() -> None:
    assert values.platform("linux/arm/v7") == Platform("linux", "arm", "v7")
    assert values.platform("windows/amd64") == Platform("windows", "amd64")
    for text in ("", "linux", "linux/", "Linux/amd64", "a/b/c/d"):
        with pytest.raises(SeedError, match="is not a platform; write OS/ARCHITECTURE"):
            values.platform(text)


@pytest.mark.parametrize("given", [{"a": 1}, {1: "a"}, {"a": None}, {"a": "\ud800"}])
def test_labels_must_be_strings(given: Any) -> None:
    with pytest.raises(SeedError) as no:
        values.labels(given)
    assert no.value.field == "labels"


def test_equal_values_have_equal_json() -> None:
    assert values.json_text({"b": 1, "a": "é"}, "x") == '{"a":"é","b":1}'
    for given in (float("nan"), object(), "\ud800"):
        with pytest.raises(SeedError, match="is not a JSON value"):
            values.json_text(given, "x")
