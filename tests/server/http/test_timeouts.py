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


def test_what_is_done_in_time_goes_through() -> None:
    assert ask(answering).body == b"done"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1.23/x", b"the request took too long, and was given up\n"),
        ("/v1.24/x", b'{"message":"the request took too long, and was given up"}\n'),
    ],
)
def test_what_takes_too_long_is_given_up(target: str, body: bytes) -> None:
    answer = ask(endless, target, request_time=0.05)
    assert (answer.status, answer.body) == (503, body)


def test_an_answer_that_has_begun_is_not_ended_as_if_it_were_whole() -> None:
    with pytest.raises(UnavailableError):
        ask(half, request_time=0.05)


def test_a_body_must_go_on_coming() -> None:
    async def send_nothing() -> Any:
        await asyncio.Event().wait()

    async def no_answer(_message: Any) -> None:
        raise AssertionError

    app = RequestTimeouts(answering, ConnectionLimits(idle_timeout=0.05))
    with pytest.raises(TooSlowError, match=r"^the request's body does not come$"):
        asyncio.run(app({"type": "http"}, send_nothing, no_answer))


def test_after_its_end_a_client_may_stay_as_long_as_it_likes() -> None:
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


def test_the_start_of_the_server_has_all_the_time() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(0.1)
        seen.append(scope["type"])

    impatient = RequestTimeouts(app, ConnectionLimits(request_time=0.01))
    asyncio.run(impatient({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_a_server_that_ends_takes_its_requests_along() -> None:
    """Nothing is answered then, as if the request had only been too slow."""

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


def test_requests_in_one_event_loop_after_another_have_deadlines() -> None:
    """A program may run the application more than once."""
    app = ErrorResponses(RequestTimeouts(endless, ConnectionLimits(request_time=0.05)))
    quick = RequestTimeouts(answering, ConnectionLimits(request_time=60))
    for _ in range(2):
        assert asyncio.run(asgi.ask(app, "/images/json")).status == 503
        assert asyncio.run(asgi.ask(quick, "/images/json")).body == b"done"
