import pytest

import muster_openapi
from musterd.contract import other_paths, path_lookup
from musterd.contract.other_paths import Refusal

NO_SWARM = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
NO_LAYERS = "musterd keeps no layers, so it can neither build nor save images"


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "/containers/create", "musterd serves images, not containers"),
        ("POST", "/containers/abc/start", "musterd serves images, not containers"),
        ("PUT", "/containers/abc/archive", "musterd serves images, not containers"),
        ("DELETE", "/containers/abc", "musterd serves images, not containers"),
        (
            "GET",
            "/images/a/b/get",
            "musterd keeps no layers, so it can neither build nor save images",
        ),
        ("DELETE", "/plugins/a/b:latest", "musterd serves images, not plugins"),
        ("GET", "/networks", "musterd serves images, not networks"),
        ("POST", "/services/create", "musterd serves images, not swarms"),
        ("GET", "/volumes", "musterd serves images, not volumes"),
    ],
)
def test_other_operations_of_docker_are_refused_with_a_reason(
    method: str, path: str, reason: str
) -> None:
    assert other_paths.refusal(method, path) == Refusal(501, f"{reason}: {method} {path}")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/containers/abc/json", 404, "No such container: abc"),
        ("/containers/a/b/logs", 404, "No such container: a/b"),
        ("/containers/{}/stats", 404, "No such container: {}"),
        ("/exec/abc/json", 404, "No such exec instance: abc"),
        ("/networks/abc", 404, "network abc not found"),
        ("/volumes/abc", 404, "get abc: no such volume"),
        ("/plugins/a/b:latest/json", 404, 'plugin "a/b:latest" not found'),
        ("/swarm", 503, NO_SWARM),
        ("/services/abc", 503, NO_SWARM),
        ("/secrets", 503, NO_SWARM),
    ],
)
def test_reads_of_what_is_not_there_get_the_answer_of_docker(
    path: str, status: int, message: str
) -> None:
    assert other_paths.refusal("GET", path) == Refusal(status, message)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/containers/create"),
        ("GET", "/containers"),
        ("GET", "/containers//json"),
        ("GET", "/services/a/b"),
        ("GET", "/nosuch"),
        ("GET", "/images/viz"),
        ("GET", "/networks\n"),
    ],
)
def test_operations_that_docker_lacks_too_are_unknown(method: str, path: str) -> None:
    assert other_paths.refusal(method, path) is None


def test_operations_of_the_contract_are_not_refused() -> None:
    for version in muster_openapi.VERSIONS:
        for path, methods in muster_openapi.document(version)["paths"].items():
            concrete = path.replace("{name}", "a")
            for method in map(str.upper, methods):
                if path_lookup.find(version, method, concrete):
                    assert other_paths.refusal(method, concrete) is None
