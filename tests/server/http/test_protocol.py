"""Connections of slow, greedy and malicious clients."""

import asyncio
from typing import Any

import pytest

from musterd.http import protocol
from musterd.http.limits import ConnectionLimits
from musterd.http.protocol import Protocol
from tests.server.support.connections import BRIEF, REQUEST, SOON, App, answer, rest, serving, until


@pytest.mark.parametrize(
    ("sent", "method", "target", "status"),
    [
        (b"GET /a?b HTTP/1.1\r\nX: y\r\n\r\n", "GET", b"/a?b", "400 Bad Request: missing"),
        (b"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET", b"/a", "400 Bad Request: too"),
        (b"GET /a HTTP/1.1\r\nHo st: x\r\n\r\n", "GET", b"/a", "400 Bad Request"),
        (b"POST /a HTTP/1.1\r\nX: " + b"y" * 5000, "POST", b"/a", "431 Request Header"),
        (b"no request\r\n\r\n", "", b"", "400 Bad Request"),
        (b"GET /a HTTP/1.1\r\nX: y", "GET", b"/a", "408 Request Timeout"),
        (b"\r\n", "", b"", "408 Request Timeout"),
    ],
)
def test_requests_that_never_reach_the_application_are_reported(
    sent: bytes, method: str, target: bytes, status: str
) -> None:
    async def talk() -> None:
        app, told = App(), []
        async with serving(app, refused=told.append) as (connect, _):
            reader, writer = await connect()
            writer.write(sent)
            answered = await rest(reader)
        assert app.seen == []
        (refusal,) = told
        assert (refusal.method, refusal.target) == (method, target)
        assert refusal.status.startswith(status)
        assert answered.startswith(f"HTTP/1.1 {refusal.status}\r\n".encode())

    asyncio.run(talk())


def test_a_malformed_body_is_not_reported_as_a_refused_request() -> None:
    async def talk() -> None:
        app, told = App(reads=True), []
        async with serving(app, refused=told.append) as (connect, _):
            reader, writer = await connect()
            writer.write(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            assert (await rest(reader)).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert (app.seen, told) == ([b"/a"], [])

    asyncio.run(talk())


def test_an_application_can_reach_its_connection() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        seen.append(scope["extensions"][protocol.TRANSPORT])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        scope["extensions"][protocol.TRANSPORT].close()

    async def talk() -> None:
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST)
            assert (await rest(reader)).startswith(b"HTTP/1.1 200 OK\r\n")

    asyncio.run(talk())
    assert seen[0].is_closing()


def test_requests_are_answered_in_order() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            for path in (b"/a", b"/b"):
                writer.write(REQUEST.replace(b"/ ", path + b" "))
                assert await answer(reader) == b"HTTP/1.1 200 OK " + path

    asyncio.run(talk())


def test_a_connection_may_idle_between_requests() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            for _ in range(2):
                writer.write(REQUEST)
                assert await answer(reader) == b"HTTP/1.1 200 OK /"
                await asyncio.sleep(2 * BRIEF)

    asyncio.run(talk())


def test_a_pipelined_request_waits_for_the_previous_response() -> None:
    async def talk() -> None:
        app = App()
        app.may_answer.clear()
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST + b"GET /half")
            await asyncio.sleep(3 * BRIEF)
            app.may_answer.set()
            assert await answer(reader) == b"HTTP/1.1 200 OK /"
            writer.write(b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await answer(reader) == b"HTTP/1.1 200 OK /half"

    asyncio.run(talk())


def test_the_head_limit_applies_to_each_pipelined_request() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST * 400)
            for _ in range(400):
                assert await answer(reader) == b"HTTP/1.1 200 OK /"

    asyncio.run(talk())


def test_the_pipeline_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = []
    start = Protocol.on_headers_complete

    def note(self: Protocol) -> None:
        start(self)
        waiting.append(len(self.pipeline))

    monkeypatch.setattr(Protocol, "on_headers_complete", note)

    async def talk() -> bytes:
        app = App()
        app.may_answer.clear()
        limits = ConnectionLimits(idle_timeout=SOON)
        async with serving(app, limits) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST * 5000)
            writer.write_eof()
            await asyncio.sleep(BRIEF)
            assert len(waiting) < 250
            app.may_answer.set()
            return await rest(reader)

    assert asyncio.run(talk()).count(b"HTTP/1.1 200 OK") == 5000
    assert max(waiting) < 250


def test_the_protocol_does_not_limit_bodies() -> None:
    async def talk() -> None:
        async with serving(App(reads=True)) as (connect, _):
            reader, writer = await connect()
            writer.write(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            writer.write(bytes(1_000_000))
            assert await answer(reader) == b"HTTP/1.1 200 OK /b"

    asyncio.run(talk())


def test_input_that_is_not_http_gets_the_response_of_gos_server() -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
            return await rest(reader)

    said = asyncio.run(talk())
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(b"\r\n\r\n400 Bad Request")
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in said


def test_a_connection_above_the_limit_gets_503() -> None:
    async def talk() -> None:
        async with serving(App(), ConnectionLimits(connections=2, per_address=2)) as (
            connect,
            state,
        ):
            first, second = await connect(), await connect()
            await asyncio.sleep(BRIEF)
            reader, _ = await connect()
            assert (await rest(reader)).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            second[1].close()
            await until(state, 1)
            for reader, writer in (first, await connect()):
                writer.write(REQUEST)
                assert await answer(reader) == b"HTTP/1.1 200 OK /"

    asyncio.run(talk())


def test_input_that_is_not_http_is_not_answered_within_a_response() -> None:
    """The error about the second request must not be mistaken for a part of the first response."""
    began = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        length = (b"content-length", b"1000")
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        began.set()
        await asyncio.Event().wait()

    async def talk() -> bytes:
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST)
            await began.wait()
            writer.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
            return await rest(reader)

    said = asyncio.run(talk())
    assert b"400" not in said


def test_one_address_gets_half_of_the_connections() -> None:
    async def talk() -> list[bytes]:
        async with serving(App(), ConnectionLimits(connections=4)) as (connect, state):
            talks = [await connect() for _ in range(3)]
            said = await rest(talks[2][0])
            talks[0][1].close()
            await until(state, 1)
            reader, writer = await connect()
            writer.write(REQUEST)
            return [said, await answer(reader)]

    said, answered = asyncio.run(talk())
    assert said.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert answered == b"HTTP/1.1 200 OK /"
