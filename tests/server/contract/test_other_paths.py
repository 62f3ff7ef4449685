import pytest

import muster_openapi
from musterd.contract import other_paths, path_lookup


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "/containers/create", "musterd serves images, not containers"),
        ("GET", "/containers/abc/json", "musterd serves images, not containers"),
        ("PUT", "/containers/abc/archive", "musterd serves images, not containers"),
        ("GET", "/images/a/b/get", "musterd keeps no layers"),
        ("GET", "/plugins/a/b:latest/json", "musterd serves images, not plugins"),
        ("GET", "/networks", "musterd serves images, not networks"),
        ("GET", "/services/abc", "musterd serves images, not swarms"),
        ("GET", "/volumes", "musterd serves images, not volumes"),
    ],
)
def test_other_operations_of_docker_have_a_reason(method: str, path: str, reason: str) -> None:
    assert (other_paths.reason(method, path) or "").startswith(reason)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/containers/create"),
        ("GET", "/containers"),
        ("GET", "/containers//json"),
        ("GET", "/containers/a/b/json"),
        ("GET", "/nosuch"),
        ("GET", "/images/viz"),
        ("GET", "/networks\n"),
    ],
)
def test_unknown_operations_have_no_reason(method: str, path: str) -> None:
    assert other_paths.reason(method, path) is None


def test_operations_of_the_contract_have_no_reason() -> None:
    for version in muster_openapi.VERSIONS:
        for path, methods in muster_openapi.document(version)["paths"].items():
            concrete = path.replace("{name}", "a")
            for method in map(str.upper, methods):
                if path_lookup.find(version, method, concrete):
                    assert other_paths.reason(method, concrete) is None
