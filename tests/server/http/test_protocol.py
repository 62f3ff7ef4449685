"""Connections of clients that are slow, greedy, or up to no good."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from musterd.http import protocol
from musterd.http.limits import ConnectionLimits
from musterd.http.protocol import Protocol
from musterd.http.slots import ConnectionSlots

# Seconds for what comes at once, and for what has been waited for.
SOON = 10
BRIEF = 0.15
LIMITS = ConnectionLimits(connections=3, per_address=3, head_size=4096, idle_timeout=BRIEF)
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Answers with what it was asked, when it may; reads bodies only if told to."""

    def __init__(self, *, body: bytes = b"", reads: bool = False) -> None:
        self.body = body
        self.reads = reads
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.seen: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope["raw_path"])
        more = self.reads
        while more:
            more = (await receive()).get("more_body", False)
        await self.may_answer.wait()
        body = self.body or scope["raw_path"]
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(
    app: Any, limits: ConnectionLimits = LIMITS, **options: Any
) -> AsyncIterator[tuple[Callable[[], Awaitable[Talk]], ServerState]]:
    state = ServerState()
    config = uvicorn.Config(app, log_config=None, timeout_keep_alive=SOON)
    server = await asyncio.get_running_loop().create_server(
        partial(
            Protocol,
            config=config,
            server_state=state,
            app_state={},
            limits=limits,
            slots=ConnectionSlots(limits),
            **options,
        ),
        "127.0.0.1",
    )
    port = server.sockets[0].getsockname()[1]
    writers = []

    async def connect() -> Talk:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    try:
        yield connect, state
    finally:
        for writer in writers:
            writer.transport.abort()
        server.close()


async def until(state: ServerState, count: int) -> None:
    """Wait until there are no more than so many connections."""
    async with asyncio.timeout(SOON):
        while len(state.connections) > count:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Read to the end of the connection."""
    async with asyncio.timeout(SOON):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(SOON):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return head.split(b"\r\n")[0] + b" " + await reader.readexactly(length)


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
def test_requests_that_never_reach_the_application_are_told(
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


def test_a_malformed_body_is_part_of_a_request_that_reached_the_application() -> None:
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


def test_requests_are_answered_one_after_the_other() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            for path in (b"/a", b"/b"):
                writer.write(REQUEST.replace(b"/ ", path + b" "))
                assert await answer(reader) == b"HTTP/1.1 200 OK " + path

    asyncio.run(talk())


def test_a_connection_may_rest_between_requests() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            for _ in range(2):
                writer.write(REQUEST)
                assert await answer(reader) == b"HTTP/1.1 200 OK /"
                await asyncio.sleep(2 * BRIEF)

    asyncio.run(talk())


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
def test_a_head_must_come_in_time(pieces: list[bytes]) -> None:
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


def test_a_connection_without_any_request_ends_without_a_word() -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, _ = await connect()
            return await rest(reader)

    assert asyncio.run(talk()) == b""


def test_one_that_comes_in_drops_does_not_gain_time() -> None:
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


def test_the_next_request_may_wait_for_the_answer_to_the_one_before() -> None:
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
def test_what_is_no_body_has_a_limit(head: bytes) -> None:
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


def test_what_comes_after_the_end_is_not_read() -> None:
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


def test_many_requests_may_be_longer_than_one() -> None:
    async def talk() -> None:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST * 400)
            for _ in range(400):
                assert await answer(reader) == b"HTTP/1.1 200 OK /"

    asyncio.run(talk())


def test_of_many_requests_few_wait_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_body_has_no_limit_here() -> None:
    async def talk() -> None:
        async with serving(App(reads=True)) as (connect, _):
            reader, writer = await connect()
            writer.write(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            writer.write(bytes(1_000_000))
            assert await answer(reader) == b"HTTP/1.1 200 OK /b"

    asyncio.run(talk())


def test_what_is_no_http_is_answered_as_gos_server_does() -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
            return await rest(reader)

    said = asyncio.run(talk())
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(b"\r\n\r\n400 Bad Request")
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in said


def test_one_connection_too_many_is_told_so() -> None:
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


class TestABodyThatNobodyReads:
    HEAD = b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"

    def test_ends_the_connection_if_it_does_not_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_LINGER", BRIEF)

        async def talk() -> bytes:
            async with serving(App()) as (connect, _):
                reader, writer = await connect()
                writer.write(self.HEAD)
                first = await answer(reader)
                return first + await rest(reader)

        assert asyncio.run(talk()) == b"HTTP/1.1 200 OK /b"

    def test_does_not_if_it_comes_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_LINGER", BRIEF)

        async def talk() -> None:
            async with serving(App(), ConnectionLimits(idle_timeout=SOON)) as (connect, _):
                reader, writer = await connect()
                writer.write(self.HEAD)
                await answer(reader)
                writer.write(bytes(10))
                await asyncio.sleep(2 * BRIEF)
                writer.write(REQUEST)
                assert await answer(reader) == b"HTTP/1.1 200 OK /"

        asyncio.run(talk())

    def test_does_not_hold_up_a_connection_that_ends_anyway(self) -> None:
        async def talk() -> bytes:
            async with serving(App()) as (connect, _):
                reader, writer = await connect()
                writer.write(self.HEAD.replace(b"Host", b"Connection: close\r\nHost"))
                return await rest(reader)

        assert asyncio.run(talk()).endswith(b"/b")


class TestAnAnswerThatNobodyTakes:
    SIZE = 30_000_000

    def test_is_given_up(self) -> None:
        async def talk() -> None:
            async with serving(App(body=bytes(self.SIZE))) as (connect, state):
                _, writer = await connect()
                writer.write(REQUEST)
                await asyncio.sleep(BRIEF / 2)
                assert state.connections
                await until(state, 0)

        asyncio.run(talk())

    def test_may_be_taken_slowly(self) -> None:
        async def talk() -> int:
            app = App(body=bytes(self.SIZE))
            async with serving(app) as (connect, _):
                _, writer = await connect()
                taken = 0
                connection: socket.socket = writer.transport.get_extra_info("socket")
                writer.transport.pause_reading()
                writer.write(REQUEST)
                plain = connection.dup()
                plain.settimeout(0)
                loop = asyncio.get_running_loop()
                # So that it takes much longer than what there is patience for.
                while taken < self.SIZE:
                    taken += len(await loop.sock_recv(plain, self.SIZE // 40))
                    await asyncio.sleep(BRIEF / 10)
                plain.close()
                return taken

        assert asyncio.run(talk()) > self.SIZE


def test_a_client_that_leaves_takes_its_timers_along() -> None:
    async def talk() -> int:
        app = App(body=bytes(30_000_000))
        async with serving(app) as (connect, state):
            _, writer = await connect()
            writer.write(REQUEST + b"GET /half")
            await asyncio.sleep(BRIEF / 3)
            writer.transport.abort()
            await until(state, 0)
            await asyncio.sleep(2 * BRIEF)
            return len(app.seen)

    assert asyncio.run(talk()) == 1


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nA: "


@pytest.mark.parametrize("first", [1, 1000, 4095, 4096, 4097])
@pytest.mark.parametrize(("size", "status"), [(4096, b"200 OK"), (4097, b"431 ")])
def test_a_head_may_be_as_long_as_the_limit_says_and_no_longer(
    first: int, size: int, status: bytes
) -> None:
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


def test_so_may_one_that_follows_another_at_once() -> None:
    async def talk(size: int) -> tuple[bytes, bytes]:
        head = HEAD + b"x" * (size - len(HEAD) - 4) + b"\r\n\r\n"
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST + head)
            return await answer(reader), await reader.readline()

    assert asyncio.run(talk(4096))[1].startswith(b"HTTP/1.1 200 ")
    assert asyncio.run(talk(4200))[1] == b""


@pytest.mark.parametrize(("count", "status"), [(200, b"200 OK"), (201, b"431 ")])
def test_a_request_has_200_headers_at_most(count: int, status: bytes) -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST[:-2] + b"A: b\r\n" * (count - 1) + b"\r\n")
            return await reader.readline()

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 " + status)


def test_trailers_are_no_headers() -> None:
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
def test_a_request_of_1_1_has_one_host(request_: bytes, said: bytes) -> None:
    async def talk() -> bytes:
        async with serving(App()) as (connect, _):
            reader, writer = await connect()
            writer.write(request_)
            return await rest(reader)

    assert asyncio.run(talk()).endswith(b"\r\n\r\n" + said)


def test_what_is_no_http_does_not_end_a_response_that_has_begun() -> None:
    """Nobody may take the words about the second request for a part of the first response."""
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


def test_one_address_has_half_of_the_connections() -> None:
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


class TestAClientThatSendsNoMore:
    """It has closed its half of the connection, or has left: nobody can tell."""

    def test_gets_its_answer(self) -> None:
        async def talk() -> bytes:
            app = App(reads=True)
            app.may_answer.clear()
            async with serving(app) as (connect, state):
                reader, writer = await connect()
                writer.write(REQUEST.replace(b"/ ", b"/a ") + REQUEST.replace(b"/ ", b"/b "))
                writer.write_eof()
                await asyncio.sleep(2 * BRIEF)
                app.may_answer.set()
                said = await rest(reader)
                await until(state, 0)
                return said

        said = asyncio.run(talk())
        assert said.count(b"HTTP/1.1 200 OK") == 2
        assert said.endswith(b"/b")

    def test_is_gone_if_its_request_has_no_end(self) -> None:
        async def talk() -> list[bytes]:
            async with serving(App(), ConnectionLimits(idle_timeout=SOON)) as (connect, state):
                said = []
                for half in (b"", b"GET /", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"):
                    reader, writer = await connect()
                    writer.write(half)
                    writer.write_eof()
                    said.append(await rest(reader))
                    await until(state, 0)
                return said

        assert asyncio.run(talk()) == [b""] * 3

    def test_is_gone_if_there_is_no_answer_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_HALF_CLOSED", BRIEF)
        ended = []

        async def app(_scope: Any, _receive: Any, _send: Any) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("the work")

        async def talk() -> bytes:
            async with serving(app) as (connect, state):
                reader, writer = await connect()
                writer.write(REQUEST)
                writer.write_eof()
                said = await rest(reader)
                await until(state, 0)
                await asyncio.sleep(0)
                return said

        assert asyncio.run(talk()) == b""
        assert ended == ["the work"]

    def test_may_take_its_time_to_take_the_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_HALF_CLOSED", BRIEF)
        size = 30_000_000

        async def talk() -> bytes:
            limits = ConnectionLimits(idle_timeout=SOON)
            app = App(body=bytes(size))
            app.may_answer.clear()
            async with serving(app, limits) as (connect, _):
                reader, writer = await connect()
                writer.write(REQUEST)
                writer.write_eof()
                await asyncio.sleep(BRIEF / 3)
                app.may_answer.set()
                await asyncio.sleep(3 * BRIEF)
                return await rest(reader)

        assert len(asyncio.run(talk())) > size


def test_what_nobody_waits_for_is_stopped() -> None:
    ended = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("the work")
            raise

    async def talk() -> None:
        async with serving(app) as (connect, state):
            _, writer = await connect()
            writer.write(REQUEST)
            await asyncio.sleep(BRIEF)
            assert not ended
            writer.transport.abort()
            await until(state, 0)
            await asyncio.sleep(BRIEF)

    asyncio.run(talk())
    assert ended == ["the work"]


def test_a_request_that_is_cancelled_otherwise_stays_so() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise asyncio.CancelledError

    async def talk() -> bytes:
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST)
            return await reader.readline()

    assert asyncio.run(talk()) == b"HTTP/1.1 500 Internal Server Error\r\n"


class TestTheTimeOfARequest:
    SIZE = 30_000_000

    def test_ends_a_delivery_however_slowly_it_goes_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(protocol, "_LAST_WORDS", 0)

        async def talk() -> int:
            limits = ConnectionLimits(idle_timeout=SOON, request_time=4 * BRIEF)
            async with serving(App(body=bytes(self.SIZE)), limits) as (connect, state):
                reader, writer = await connect()
                writer.write(REQUEST)
                taken = 0
                while state.connections:
                    taken += len(await reader.read(1000))
                    await asyncio.sleep(BRIEF / 10)
                return taken

        assert 0 < asyncio.run(talk()) < self.SIZE

    def test_is_over_with_its_delivery(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_LAST_WORDS", 0)

        async def talk() -> None:
            limits = ConnectionLimits(idle_timeout=SOON, request_time=BRIEF)
            async with serving(App(), limits) as (connect, _):
                reader, writer = await connect()
                for _ in range(2):
                    writer.write(REQUEST)
                    assert await answer(reader) == b"HTTP/1.1 200 OK /"
                    await asyncio.sleep(2 * BRIEF)

        asyncio.run(talk())

    def test_is_no_matter_once_all_is_delivered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_LAST_WORDS", 0)

        async def talk() -> None:
            limits = ConnectionLimits(idle_timeout=SOON, request_time=2)
            async with serving(App(body=bytes(self.SIZE)), limits) as (connect, _):
                reader, writer = await connect()
                for _ in range(2):
                    writer.write(REQUEST)
                    assert len(await answer(reader)) > self.SIZE
                    await asyncio.sleep(2.5)

        asyncio.run(talk())
