"""Requests and responses that have no end, and clients that leave."""

import asyncio
import socket
from typing import Any

import pytest

from musterd.http import protocol
from musterd.http.limits import ConnectionLimits
from tests.server.support.connections import BRIEF, REQUEST, SOON, App, answer, rest, serving, until


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
