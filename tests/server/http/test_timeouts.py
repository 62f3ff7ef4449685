import asyncio
from typing import Any

import pytest

from musterd.api.middleware.errors import ErrorResponses
from musterd.errors import TooSlowError, UnavailableError
from musterd.http.limits import ConnectionLimits
from musterd.http.timeouts import RequestTimeouts
from tests.server.support import asgi
from tests.server.support.asgi import Answer


def ask(app: Any, target: str = "/images/json", **limits: float) -> Answer:
    timed = RequestTimeouts(app, ConnectionLimits(**limits))
    return asyncio.run(asgi.ask(ErrorResponses(timed), target))


async def start(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def answering(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await start(send)
    await send({"type": "http.response.body", "body": b"done"})


async def endless(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.Event().wait()


async def half(_scope: Any, _receive: Any, send: Any) -> None:
    await start(send)
    await asyncio.Event().wait()


def test_a_response_in_time_passes_through() -> None:
    assert ask(answering).body == b"done"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1.23/x", b"the request took too long, and was given up\n"),
        ("/v1.24/x", b'{"message":"the request took too long, and was given up"}\n'),
    ],
)
def test_a_request_that_takes_too_long_gets_503(target: str, body: bytes) -> None:
    answer = ask(endless, target, request_time=0.05)
    assert (answer.status, answer.body) == (503, body)


def test_a_response_that_times_out_is_not_ended_normally() -> None:
    with pytest.raises(UnavailableError):
        ask(half, request_time=0.05)


def test_a_stalled_body_times_out() -> None:
    async def send_nothing() -> Any:
        await asyncio.Event().wait()

    async def no_answer(_message: Any) -> None:
        raise AssertionError

    app = RequestTimeouts(answering, ConnectionLimits(idle_timeout=0.05))
    with pytest.raises(TooSlowError, match=r"^the request's body does not come$"):
        asyncio.run(app({"type": "http"}, send_nothing, no_answer))


def test_the_body_timeout_ends_with_the_body() -> None:
    messages = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
        {"type": "http.disconnect"},
    ]
    heard = []

    async def slow_in_the_end() -> Any:
        if len(messages) == 1:
            await asyncio.sleep(0.15)
        return messages.pop(0)

    async def listening(_scope: Any, receive: Any, _send: Any) -> None:
        heard.extend([(await receive())["type"] for _ in range(3)])

    async def no_answer(_message: Any) -> None:
        raise AssertionError

    app = RequestTimeouts(listening, ConnectionLimits(idle_timeout=0.05))
    asyncio.run(app({"type": "http"}, slow_in_the_end, no_answer))
    assert heard == ["http.request", "http.request", "http.disconnect"]


def test_lifespan_messages_have_no_timeout() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(0.1)
        seen.append(scope["type"])

    impatient = RequestTimeouts(app, ConnectionLimits(request_time=0.01))
    asyncio.run(impatient({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_a_server_that_ends_cancels_its_requests() -> None:
    """It is not answered as if it had timed out."""

    async def no_answer(_message: Any) -> None:
        raise AssertionError

    async def end() -> None:
        app = RequestTimeouts(endless, ConnectionLimits())
        task = asyncio.create_task(app({"type": "http", "path": "/"}, no_answer, no_answer))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(end())


def test_requests_in_successive_event_loops_have_deadlines() -> None:
    """A program may run the application more than once."""
    app = ErrorResponses(RequestTimeouts(endless, ConnectionLimits(request_time=0.05)))
    quick = RequestTimeouts(answering, ConnectionLimits(request_time=60))
    for _ in range(2):
        assert asyncio.run(asgi.ask(app, "/images/json")).status == 503
        assert asyncio.run(asgi.ask(quick, "/images/json")).body == b"done"
