"""Endless requests and responses, and clients that disconnect."""

import asyncio
import socket
from typing import Any

import pytest

from musterd.http import protocol
from musterd.http.limits import ConnectionLimits
from tests.server.support.connections import BRIEF, REQUEST, SOON, App, answer, rest, serving, until


class TestUnreadBodies:
    HEAD = b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"

    def test_an_endless_unread_body_ends_the_connection(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(protocol, "_LINGER", BRIEF)

        async def talk() -> bytes:
            async with serving(App()) as (connect, _):
                reader, writer = await connect()
                writer.write(self.HEAD)
                first = await answer(reader)
                return first + await rest(reader)

        assert asyncio.run(talk()) == b"HTTP/1.1 200 OK /b"

    def test_an_unread_body_that_arrives_soon_keeps_the_connection(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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

    def test_an_unread_body_does_not_delay_closing(self) -> None:
        async def talk() -> bytes:
            async with serving(App()) as (connect, _):
                reader, writer = await connect()
                writer.write(self.HEAD.replace(b"Host", b"Connection: close\r\nHost"))
                return await rest(reader)

        assert asyncio.run(talk()).endswith(b"/b")


class TestUnreadResponses:
    SIZE = 30_000_000

    def test_an_untaken_response_is_abandoned(self) -> None:
        async def talk() -> None:
            async with serving(App(body=bytes(self.SIZE))) as (connect, state):
                _, writer = await connect()
                writer.write(REQUEST)
                await asyncio.sleep(BRIEF / 2)
                assert state.connections
                await until(state, 0)

        asyncio.run(talk())

    def test_a_response_may_be_read_slowly(self) -> None:
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
                # Large enough to take much longer than the timeout.
                while taken < self.SIZE:
                    taken += len(await loop.sock_recv(plain, self.SIZE // 40))
                    await asyncio.sleep(BRIEF / 10)
                plain.close()
                return taken

        assert asyncio.run(talk()) > self.SIZE


def test_a_disconnected_client_leaves_no_timers_behind() -> None:
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


class TestHalfClosedConnections:
    """The client has closed its half of the connection, or is gone: the server cannot tell."""

    def test_a_half_closed_client_gets_its_response(self) -> None:
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

    def test_a_half_closed_client_with_an_incomplete_request_is_dropped(self) -> None:
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

    def test_a_half_closed_client_does_not_wait_long_for_a_response(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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

    @pytest.mark.parametrize("pieces", [1, 4])
    def test_a_response_to_a_half_closed_client_may_not_stall(
        self, monkeypatch: pytest.MonkeyPatch, pieces: int
    ) -> None:
        monkeypatch.setattr(protocol, "_HALF_CLOSED", 2 * BRIEF)
        ended = []

        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(pieces):
                await send({"type": "http.response.body", "body": b"piece", "more_body": True})
                await asyncio.sleep(BRIEF)
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("the work")

        async def talk() -> bytes:
            async with serving(app, ConnectionLimits(idle_timeout=SOON)) as (connect, state):
                reader, writer = await connect()
                writer.write(REQUEST)
                writer.write_eof()
                said = await rest(reader)
                await until(state, 0)
                await asyncio.sleep(0)
                return said

        assert asyncio.run(talk()).count(b"piece") == pieces
        assert ended == ["the work"]

    def test_a_half_closed_client_may_read_slowly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "_HALF_CLOSED", 5 * BRIEF)
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
                await asyncio.sleep(10 * BRIEF)
                return await rest(reader)

        assert len(asyncio.run(talk())) > size


def test_the_application_is_cancelled_when_the_client_leaves() -> None:
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


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_request_that_outlives_the_server_is_no_error(
    caplog: pytest.LogCaptureFixture, *, has_begun: bool
) -> None:
    started = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if has_begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        started.set()
        await asyncio.Event().wait()

    async def talk() -> None:
        async with serving(app) as (connect, state):
            reader, writer = await connect()
            writer.write(REQUEST)
            await started.wait()
            # As uvicorn does: ask each connection to end, and after a while cancel its task.
            for connection in list(state.connections):
                connection.shutdown()
            for task in list(state.tasks):
                task.cancel()
            await rest(reader)
            await until(state, 0)

    asyncio.run(talk())
    assert not caplog.records


def test_the_application_can_see_that_the_server_stops() -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not scope["extensions"][protocol.STOPPING]():  # noqa: ASYNC110  # as streams do
            await asyncio.sleep(BRIEF / 10)
        await send({"type": "http.response.body", "body": b"the end"})

    async def talk() -> bytes:
        async with serving(app) as (connect, state):
            reader, writer = await connect()
            writer.write(REQUEST)
            await reader.readuntil(b"\r\n\r\n")
            for connection in list(state.connections):
                connection.shutdown()
            return await rest(reader)

    assert b"the end" in asyncio.run(talk())


def test_a_request_cancelled_by_the_application_gets_500() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise asyncio.CancelledError

    async def talk() -> bytes:
        async with serving(app) as (connect, _):
            reader, writer = await connect()
            writer.write(REQUEST)
            return await reader.readline()

    assert asyncio.run(talk()) == b"HTTP/1.1 500 Internal Server Error\r\n"


class TestRequestTimeout:
    SIZE = 30_000_000

    def test_the_request_timeout_ends_a_slow_delivery(
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

    def test_each_request_has_its_own_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_the_timeout_does_not_apply_after_delivery(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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
