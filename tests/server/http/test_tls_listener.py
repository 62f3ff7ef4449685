"""Connections that are counted before they are encrypted."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.responses import Response
from uvicorn.server import ServerState

from musterd.http import tls_listener
from musterd.http.limits import ConnectionLimits
from musterd.http.protocol import Protocol
from musterd.http.slots import ConnectionSlots
from musterd.http.sockets import TcpAddress, listen
from musterd.http.tls import Certificates
from musterd.http.tls_listener import TlsListener
from tests.server.support import certificates
from tests.server.support.certificates import Authority

SOON = 10
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return certificates.authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def pair(authority: Authority) -> tuple[Path, Path]:
    return authority.sign("server")


@asynccontextmanager
async def listening(pair: tuple[Path, Path]) -> AsyncIterator[tuple[int, ConnectionSlots]]:
    """Give the port of a listener, and the two slots that it has."""
    limits = ConnectionLimits(connections=2, per_address=2)
    slots = ConnectionSlots(limits)
    make = partial(
        Protocol,
        config=uvicorn.Config(Response("fine"), log_config=None),
        server_state=ServerState(),
        app_state={},
        limits=limits,
        slots=slots,
    )
    with listen(TcpAddress("127.0.0.1", 0)) as bound:
        assert isinstance(bound.address, TcpAddress)
        listener = TlsListener(bound.socket, make, Certificates(*pair, None), slots)
        try:
            yield bound.address.port, slots
        finally:
            listener.close()
            await asyncio.sleep(0)


async def until_free(slots: ConnectionSlots) -> None:
    async with asyncio.timeout(SOON):
        while slots._count:  # noqa: ASYNC110, SLF001  # nobody tells
            await asyncio.sleep(0.01)


async def ask(port: int, authority: Authority) -> bytes:
    context = ssl.create_default_context(cafile=authority.root)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(REQUEST)
    said = await reader.read()
    writer.close()
    return said


def test_an_encrypted_connection_releases_its_slot(
    authority: Authority, pair: tuple[Path, Path]
) -> None:
    async def talk() -> None:
        async with listening(pair) as (port, slots):
            for _ in range(3):
                assert (await ask(port, authority)).endswith(b"fine")
                await until_free(slots)

    asyncio.run(talk())


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_connection_without_a_handshake_releases_its_slot(
    authority: Authority, pair: tuple[Path, Path], said: bytes
) -> None:
    async def talk() -> None:
        async with listening(pair) as (port, slots):
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(said)
                writer.close()
                await asyncio.sleep(0.05)
                await until_free(slots)
            assert (await ask(port, authority)).endswith(b"fine")

    asyncio.run(talk())


def test_a_connection_above_the_limit_is_closed_before_its_handshake(
    pair: tuple[Path, Path],
) -> None:
    async def talk() -> None:
        async with listening(pair) as (port, slots):
            talks = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            async with asyncio.timeout(SOON):
                assert await talks[2][0].read() == b""
            assert slots._count == 2  # noqa: SLF001
        # They end with the server.
        await until_free(slots)
        for _, writer in talks:
            writer.close()

    asyncio.run(talk())


def test_accepting_is_retried_without_free_descriptors(
    authority: Authority,
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(tls_listener, "_PAUSE", 0.01)

    async def talk() -> None:
        loop = asyncio.get_running_loop()
        accept = loop.sock_accept
        failures = [OSError(24, "Too many open files")]

        async def fail_first(listener: socket.socket) -> Any:
            if failures:
                raise failures.pop()
            return await accept(listener)

        monkeypatch.setattr(loop, "sock_accept", fail_first)
        async with listening(pair) as (port, _):
            assert (await ask(port, authority)).endswith(b"fine")

    with caplog.at_level(logging.ERROR):
        asyncio.run(talk())
    assert "cannot accept a connection: Too many open files" in caplog.messages
