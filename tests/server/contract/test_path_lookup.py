import pytest

import muster_openapi
from musterd.contract import path_lookup


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/images/json", "image_list"),
        ("GET", "/images/a/b:1/json", "image_inspect"),
        ("GET", "/images/images/json/json", "image_inspect"),
        ("DELETE", "/images/json", "image_delete"),
        ("HEAD", "/_ping", "ping_head"),
    ],
)
def test_each_path_matches_one_operation(method: str, path: str, operation: str) -> None:
    for version in muster_openapi.VERSIONS:
        found = path_lookup.find(version, method, path)
        assert found is not None
        assert found.operation_id == operation


def test_other_paths_match_no_operation() -> None:
    for method, path in (("POST", "/images/json"), ("GET", "/images"), ("GET", "/images//json")):
        assert path_lookup.find("1.23", method, path) is None


def test_parameters_depend_on_the_api_version() -> None:
    assert "filter" in path_lookup.parameters("1.23", "image_list")
    assert "filter" not in path_lookup.parameters("1.55", "image_list")
    assert path_lookup.parameters("1.23", "nosuch") == frozenset()
