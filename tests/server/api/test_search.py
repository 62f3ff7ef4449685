import json
from typing import Any

import pytest

from musterd.api.reads import ReadOperations
from musterd.api.search import search
from musterd.contract.rules import V1_24, V1_42
from musterd.errors import BadRequestError

NAMES = ["busybox", "user/busybox", "alpine", *(f"many/{number}" for number in range(200))]


def found(term: str = "", limit: str = "", **filters: Any) -> list[str]:
    return [each.name for each in search(NAMES, term, json.dumps(filters), limit, V1_42)]


def test_names_that_contain_the_term_are_found() -> None:
    assert found("box") == ["busybox", "user/busybox"]
    assert found("nothing") == []
    assert len(found()) == 25
    assert len(found(limit="100")) == 100


def test_a_term_with_a_registry_finds_what_that_registry_has() -> None:
    names = ["localhost:5000/team/app", "localhost/app", "app", "registry.test/app"]
    for term, expected in (
        ("localhost:5000/app", ["team/app"]),
        ("localhost/", ["app"]),
        ("registry.test/nosuch", []),
        ("team/app", ["localhost:5000/team/app"]),
        ("localhost", ["localhost:5000/team/app", "localhost/app"]),
    ):
        assert [each.name for each in search(names, term, "", "", V1_42)] == expected


def test_a_result_has_the_fields_of_a_repository() -> None:
    [first, second] = search(NAMES, "busybox", "", "", V1_24)
    assert (first.is_official, second.is_official) == (True, False)
    assert (first.star_count, first.is_automated, first.description) == (0, False, "")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"is-official": ["true"]}, ["busybox"]),
        ({"is-official": ["0"]}, ["user/busybox"]),
        ({"is-automated": ["false"], "stars": ["0"]}, ["busybox", "user/busybox"]),
        ({"is-automated": ["1"]}, []),
        ({"stars": ["1"]}, []),
    ],
)
def test_filters(filters: Any, names: list[str]) -> None:
    assert found("busybox", **filters) == names


@pytest.mark.parametrize(
    ("limit", "filters", "message"),
    [
        ("0", {}, "limit 0 is outside the range of [1, 100]"),
        ("200", {}, "limit 200 is outside the range of [1, 100]"),
        ("x", {}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ("", {"muster": ["x"]}, "invalid filter 'muster'"),
        ("", {"is-official": ["x"]}, "invalid filter 'is-official=[x]'"),
        ("", {"is-official": ["0", "1"]}, "invalid filter 'is-official=[0 1]'"),
        ("", {"stars": ["x"]}, "invalid filter 'stars=[x]'"),
    ],
)
def test_invalid_parameters_are_refused(limit: str, filters: Any, message: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        found("busybox", limit, **filters)
    assert str(caught.value) == message


def test_the_limit_error_is_capitalized_for_old_versions() -> None:
    with pytest.raises(BadRequestError, match=r"^Limit 0 is outside"):
        search(NAMES, "", "", "0", V1_24)


def test_only_repositories_configured_by_the_operator_are_found() -> None:
    store: Any = None
    named = ReadOperations(store, searchable=lambda: NAMES).image_search(V1_42, "alpine")
    assert [each["name"] for each in json.loads(bytes(named.body))] == ["alpine"]
    assert bytes(ReadOperations(store).image_search(V1_42, "alpine").body) == b"[]\n"
