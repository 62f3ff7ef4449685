"""Request heads that arrive slowly, are too long, or are malformed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.server.support.connections import (
    BRIEF,
    LIMITS,
    REQUEST,
    SOON,
    App,
    answer,
    rest,
    serving,
    until,
)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTT"],
        [b"GET / HTTP/1.1\r\nHost: x\r\n"],
        [REQUEST, b"GET / HTTP/1.1\r\n"],
        [REQUEST, b"\r\n"],
        [b"\r\n", b"\r\n"],
    ],
)
def test_a_request_head_must_arrive_in_time(pieces: list[bytes]) -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            for piece in pieces:
                writer.write(piece)
                if piece == REQUEST:
                    await answer(reader)
            return await rest(reader)

    said = asyncio.run(talk())
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"\r\nConnection: close\r\n" in said
    assert said.endswith(b"\r\n\r\n408 Request Timeout")


def test_an_idle_connection_is_closed_silently() -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, _ = await connect()
            return await rest(reader)

    assert asyncio.run(talk()) == b""


def test_a_trickled_head_gains_no_time() -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, state):
            reader, writer = await connect()
            writer.write(b"GET / HTTP/1.1\r\n")
            await asyncio.sleep(BRIEF / 10)
            while state.connections:
                writer.write(b"A: b\r\n")
                await asyncio.sleep(BRIEF / 10)
            return await rest(reader)

    # The last words are lost if they cross with a drop.
    assert asyncio.run(talk()).partition(b"\r\n")[0] in {b"", b"HTTP/1.1 408 Request Timeout"}


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 9000,
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 9000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 1500,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        + b"A: b\r\n" * 1500,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 9000,
    ],
    ids=["target", "header", "headers", "trailers", "extension"],
)
def test_everything_but_the_body_is_limited(head: bytes) -> None:
    async def talk() -> bytes:
        limits = replace(LIMITS, idle_timeout=SOON)
        async with serving(App(reads=True), limits) as (connect, state):
            reader, writer = await connect()
            for start in range(0, len(head), 1000):
                if state.connections or start == 0:
                    writer.write(head[start : start + 1000])
                    await asyncio.sleep(0.01)
            return await rest(reader)

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_input_after_the_end_is_not_read() -> None:
    async def talk() -> list[bytes]:
        app = App()
        async with serving(app) as (connect, state):
            _, writer = await connect()
            writer.write(b"GET / HTTP/1.1\r\nA: " + b"x" * 9000)
            await until(state, 0)
            writer.write(b"\r\n\r\n" + REQUEST)
            await asyncio.sleep(BRIEF)
        return app.seen

    assert asyncio.run(talk()) == []


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nA: "


@pytest.mark.parametrize("first", [1, 1000, 4095, 4096, 4097])
@pytest.mark.parametrize(("size", "status"), [(4096, b"200 OK"), (4097, b"431 ")])
def test_the_head_limit_is_exact(first: int, size: int, status: bytes) -> None:
    head = HEAD + b"x" * (size - len(HEAD) - 4) + b"\r\n\r\n"
    assert len(head) == size

    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(head[:first])
            await asyncio.sleep(0.02)
            writer.write(head[first:])
            return await reader.readline()

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 " + status)


def test_the_head_limit_applies_to_a_pipelined_request() -> None:
    async def talk(size: int) -> tuple[bytes, bytes]:
        head = HEAD + b"x" * (size - len(HEAD) - 4) + b"\r\n\r\n"
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST + head)
            return await answer(reader), await reader.readline()

    assert asyncio.run(talk(4096))[1].startswith(b"HTTP/1.1 200 ")
    assert asyncio.run(talk(4200))[1] == b""


@pytest.mark.parametrize(("count", "status"), [(200, b"200 OK"), (201, b"431 ")])
def test_a_request_may_have_at_most_200_headers(count: int, status: bytes) -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST[:-2] + b"A: b\r\n" * (count - 1) + b"\r\n")
            return await reader.readline()

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 " + status)


def test_trailers_are_not_added_to_the_headers() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body", False):
            pass
        seen.extend(scope["headers"])
        await App()(scope, receive, send)

    async def talk() -> None:
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(
                b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"1\r\nx\r\n0\r\nAuthorization: forged\r\n\r\n"
            )
            assert await answer(reader) == b"HTTP/1.1 200 OK /b"

    asyncio.run(talk())
    assert seen == [(b"host", b"x"), (b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request: missing required Host header"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
            b"400 Bad Request: too many Host headers",
        ),
        (b"GET / HTTP/1.0\r\n\r\n", b"/"),
    ],
)
def test_http_1_1_requires_exactly_one_host(request_: bytes, said: bytes) -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(request_)
            return await rest(reader)

    assert asyncio.run(talk()).endswith(b"\r\n\r\n" + said)
