"""Exceptions of the application, and their responses."""

import asyncio
import errno
import logging
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from musterd.api.middleware.errors import ErrorResponses
from musterd.errors import (
    ConflictError,
    DatabaseError,
    DiskFullError,
    TooManyError,
    UnauthenticatedError,
    UnavailableError,
)
from tests.server.support import asgi
from tests.server.support.asgi import Answer

INTERNAL = "internal error; the server's log says more"
NO_SPACE = "no space left for the server's catalogue; deleting images may help"


def ask(error: BaseException, target: str = "/v1.24/images/json", method: str = "GET") -> Answer:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise error

    return asyncio.run(asgi.ask(ErrorResponses(app), target, method))


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ConflictError("in use"), 409, "in use"),
        (UnavailableError("too slow"), 503, "too slow"),
        (HTTPException(404), 404, "page not found"),
        (HTTPException(405), 404, "page not found"),
        (DatabaseError("connection refused"), 500, INTERNAL),
        (DiskFullError("database or disk is full"), 507, NO_SPACE),
        (OSError(errno.ENOSPC, "No space left on device"), 507, NO_SPACE),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 507, NO_SPACE),
        (OSError(errno.EIO, "Input/output error"), 500, INTERNAL),
        (RuntimeError("a secret"), 500, INTERNAL),
    ],
)
def test_an_error_becomes_a_response(error: Exception, status: int, message: str) -> None:
    answer = ask(error)
    assert (answer.status, answer.json) == (status, {"message": message})


def test_the_error_has_the_format_of_the_api_version() -> None:
    answer = ask(ConflictError("in use"), "/v1.23/images/json")
    assert answer.body == b"in use\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (UnauthenticatedError("who?"), "www-authenticate", "HYPER-HMAC-SHA256"),
        (TooManyError("wait", 7), "retry-after", "7"),
    ],
)
def test_the_response_has_the_headers_of_the_error(error: Exception, name: str, value: str) -> None:
    assert ask(error).headers[name] == value


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (ConflictError("in use"), 0),
        (DatabaseError("connection refused"), 1),
        (DiskFullError("database or disk is full"), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
    ],
)
def test_the_log_has_a_line_for_errors_the_operator_can_fix(
    error: Exception, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        ask(error)
    assert len(caplog.records) == lines
    assert not any(record.exc_info for record in caplog.records)


def test_an_internal_error_is_logged_with_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        ask(RuntimeError("a secret"))
    [record] = caplog.records
    assert record.exc_info


def test_an_error_after_the_response_started_propagates() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ConflictError("too late")

    with pytest.raises(ConflictError):
        asyncio.run(asgi.ask(ErrorResponses(app), "/"))


def test_lifespan_messages_pass_through() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ConflictError("not yet")

    with pytest.raises(ConflictError):
        asyncio.run(ErrorResponses(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (
            "/v1.24/containers/create",
            b'{"message":"musterd serves images, not containers: POST /containers/create"}\n',
        ),
        (
            "/v1.23/containers/create",
            b"musterd serves images, not containers: POST /containers/create\n",
        ),
        (
            "/build",
            (
                b'{"message":"musterd keeps no layers, so it can neither build nor save images: '
                b'POST /build"}\n'
            ),
        ),
    ],
)
def test_operations_that_only_daemons_have_are_refused_with_a_reason(
    target: str, body: bytes
) -> None:
    answer = ask(HTTPException(404), target, "POST")
    assert (answer.status, answer.body) == (501, body)


def test_a_container_is_not_found() -> None:
    answer = ask(HTTPException(404), "/v1.24/containers/app:1/json")
    assert (answer.status, answer.body) == (404, b'{"message":"No such container: app:1"}\n')
    answer = ask(HTTPException(404), "/v1.23/containers/app:1/json")
    assert (answer.status, answer.body) == (404, b"No such container: app:1\n")


def test_an_unsupported_version_is_reported_first() -> None:
    answer = ask(HTTPException(404), "/v9.99/containers/a/json")
    assert answer.status == 400
    assert "client version 9.99 is too new" in answer.json["message"]


def test_paths_that_no_daemon_has_are_not_found() -> None:
    for target in ("/containers", "/v9.99/nosuch", "/v1.24/containers/create"):
        assert ask(HTTPException(404), target).status == 404
