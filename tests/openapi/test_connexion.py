"""Connexion serves the unmodified document."""

from collections.abc import Callable
from typing import Any

import connexion
import pytest
from connexion.lifecycle import ConnexionResponse

OPERATIONS = {
    "container_list",
    "image_delete",
    "image_history",
    "image_inspect",
    "image_list",
    "image_create",
    "image_load",
    "image_push",
    "image_search",
    "image_tag",
    "system_events",
    "info",
    "ping",
    "ping_head",
    "version",
}


# What Connexion adds where requests may be signed; it does not know the scheme, and lets them pass.
SIGNER = {"token_info": {}, "user": None}


def handler(operation: str) -> Callable[..., ConnexionResponse]:
    async def handle(**given: Any) -> ConnexionResponse:
        arguments = {name: value for name, value in given.items() if name not in SIGNER}
        assert {name: given[name] for name in given.keys() & SIGNER} in ({}, SIGNER)
        shown = ",".join(f"{name}={value!r}" for name, value in sorted(arguments.items()))
        return ConnexionResponse(
            body="", content_type="application/json", headers={"Handler": f"{operation}({shown})"}
        )

    return handle


def described(document: dict[str, Any]) -> set[str]:
    return {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    }


def app(document: dict[str, Any], operations: set[str]) -> connexion.AsyncApp:
    built = connexion.AsyncApp(__name__)
    handlers = {operation: handler(operation) for operation in operations}
    built.add_api(document, resolver=handlers.__getitem__)
    # Connexion looks for handlers when it builds this, by itself only at the first request.
    built.middleware._build_middleware_stack()  # noqa: SLF001
    return built


def test_every_operation_finds_its_handler(document: dict[str, Any]) -> None:
    operations = described(document)

    assert operations - {"image_attestations", "image_prune", "system_df"} == OPERATIONS
    assert app(document, operations)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_operation_without_a_handler_is_detected(
    operation: str, document: dict[str, Any]
) -> None:
    with pytest.raises(KeyError, match=operation):
        app(document, described(document) - {operation})


@pytest.mark.parametrize(
    ("method", "path", "handled"),
    [
        ("GET", "/images/json", "image_list()"),
        ("GET", "/images/json?all=off&digests=", "image_list(all='off',digests='')"),
        (
            "GET",
            '/images/json?filters={"label":["a"]}&filter=b',
            "image_list(filter='b',filters='{\"label\":[\"a\"]}')",
        ),
        ("GET", "/images/json?only_ids=0", "image_list()"),
        ("GET", "/_ping", "ping()"),
        ("HEAD", "/_ping", "ping_head()"),
        ("GET", "/version", "version()"),
        ("GET", "/info", "info()"),
        ("GET", "/images/busybox/json", "image_inspect(name='busybox')"),
        ("GET", "/images/json/json", "image_inspect(name='json')"),
        (
            "GET",
            "/images/localhost:5000/test/busybox:latest/json",
            "image_inspect(name='localhost:5000/test/busybox:latest')",
        ),
        (
            "GET",
            "/images/localhost%3A5000%2Ftest%2Fbusybox%3Alatest/json",
            "image_inspect(name='localhost:5000/test/busybox:latest')",
        ),
        ("GET", "/images/a/b@sha256:ff/json", "image_inspect(name='a/b@sha256:ff')"),
        (
            "POST",
            "/images/a/b:1/tag?repo=c/d&tag=2",
            "image_tag(name='a/b:1',repo='c/d',tag='2')",
        ),
        ("DELETE", "/images/a/b:1?force=1", "image_delete(force='1',name='a/b:1')"),
        ("DELETE", "/images/json", "image_delete(name='json')"),
    ],
)
def test_a_request_reaches_its_handler_with_its_parameters(
    method: str, path: str, handled: str, v1_23: dict[str, Any]
) -> None:
    with app(v1_23, OPERATIONS).test_client() as client:
        response = client.request(method, f"/v1.23{path}")

    assert (response.status_code, response.headers["handler"]) == (200, handled)
