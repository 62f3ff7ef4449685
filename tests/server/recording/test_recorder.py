import asyncio
from typing import Any

import pytest

from musterd.http.refusals import Refusal
from musterd.recording.recorder import RequestRecorder, refused
from musterd.recording.request import RecordedRequest
from tests.server.support import asgi


class Clock:
    """Seconds that pass when it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def recorded(app: Any) -> tuple[RequestRecorder, list[RecordedRequest], list[RecordedRequest]]:
    begun: list[RecordedRequest] = []
    ended: list[RecordedRequest] = []
    recorder = RequestRecorder(app, begun=begun.append, ended=ended.append, clock=Clock())
    return recorder, begun, ended


def test_a_record_is_complete_before_the_client_has_its_response() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        assert begun == [RecordedRequest("GET", "/a%20b?c=d", {"host": "x"})]
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        assert not ended
        await send({"type": "http.response.body", "body": b"b"})
        assert ended == begun
        assert (ended[0].status, ended[0].duration) == (201, 1.0)

    recorder, begun, ended = recorded(app)
    answer = asyncio.run(asgi.ask(recorder, "/a%20b?c=d", headers={"Host": "x"}))
    assert (answer.status, answer.body) == (201, b"ab")
    assert len(ended) == 1


def test_unanswered_requests_are_recorded() -> None:
    async def app(*_: Any) -> None:
        raise RuntimeError("worn")

    recorder, begun, ended = recorded(app)
    with pytest.raises(RuntimeError):
        asyncio.run(asgi.ask(recorder, "/a"))
    assert begun == ended == [RecordedRequest("GET", "/a", status=None, duration=1.0)]


def test_listeners_may_be_left_out() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert asyncio.run(asgi.ask(RequestRecorder(app), "/a")).status == 200


def test_other_scopes_are_passed_on() -> None:
    seen: list[Any] = []

    async def app(scope: Any, *_: Any) -> None:
        seen.append(scope)

    recorder, begun, _ = recorded(app)
    asyncio.run(recorder({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert (seen, begun) == ([{"type": "lifespan"}], [])


def test_a_refused_request_has_a_record() -> None:
    refusal = Refusal(
        method="GET",
        target=b"/a",
        http_version="1.1",
        headers=((b"a", b"b"),),
        status="400 Bad Request: missing required Host header",
    )
    assert refused(refusal) == RecordedRequest("GET", "/a", {"a": "b"}, "1.1", 400, 0.0)
