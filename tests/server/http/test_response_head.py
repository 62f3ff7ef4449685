"""The sent bytes equal those of uvicorn."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from musterd.http import response_head

LENGTH = (b"content-length", b"2")
START = {"type": "http.response.start", "status": 200, "headers": [LENGTH]}
BODY = {"type": "http.response.body", "body": b"[]"}
STATE = ("response_started", "waiting_for_100_continue", "chunked_encoding", "keep_alive")


class Transport:
    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.written += b"(closed)"

    def pause_reading(self) -> None:
        raise NotImplementedError


def cycle(method: str = "GET", *, keep_alive: bool = True) -> Any:
    transport: Any = Transport()
    scope: Any = {"method": method}
    log = logging.getLogger()
    return RequestResponseCycle(
        scope=scope,
        transport=transport,
        flow=FlowControl(transport),
        logger=log,
        access_logger=log,
        access_log=False,
        default_headers=[(b"date", b"Sun, 29 Nov 2026 19:00:00 GMT")],
        message_event=asyncio.Event(),
        expect_100_continue=True,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


def sent(by: Any, *messages: Any) -> tuple[bytes, list[object]]:
    for message in messages:
        asyncio.run(by.send(message))
    return by.transport.written, [getattr(by, name) for name in STATE]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 404, 507])
@pytest.mark.parametrize(
    "headers",
    [
        [LENGTH],
        [(b"Content-Type", b"application/json"), LENGTH, (b"ETag", b'"a"')],
        [(b"x", b""), (b"Content-Length", b"2"), (b"y", b"a: b")],
    ],
)
def test_an_ordinary_response_is_sent_directly(method: str, status: int, headers: Any) -> None:
    start = {"type": "http.response.start", "status": status, "headers": headers}
    mine, theirs = cycle(method), cycle(method)
    for _ in range(2):
        assert response_head.send(mine, start)
        assert sent(mine, BODY) == sent(theirs, start, BODY)
        mine, theirs = cycle(method), cycle(method)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-length", b"two")],
        [LENGTH, LENGTH],
        [LENGTH, (b"connection", b"close")],
        [LENGTH, (b"Transfer-Encoding", b"chunked")],
        [LENGTH, (b"a b", b"c")],
        [LENGTH, (b"a", b"b\r\nc: d")],
    ],
    ids=["none", "length", "twice", "connection", "coding", "name", "value"],
)
def test_a_response_with_other_headers_is_left_to_uvicorn(headers: Any) -> None:
    mine = cycle()
    assert not response_head.send(mine, {**START, "headers": headers})
    assert sent(mine) == (b"", [False, True, None, True])


def test_the_end_of_a_connection_is_left_to_uvicorn() -> None:
    assert not response_head.send(cycle(keep_alive=False), START)
    lost = cycle()
    lost.disconnected = True
    assert not response_head.send(lost, START)


def test_a_client_that_does_not_read_is_left_to_uvicorn() -> None:
    slow = cycle()
    slow.flow.pause_writing()
    assert not response_head.send(slow, START)


def test_later_messages_are_left_to_uvicorn() -> None:
    mine = cycle()
    assert not response_head.send(mine, BODY)
    assert response_head.send(mine, START)
    assert not response_head.send(mine, START)
