"""The HTTP protocol on connections of this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from musterd.http.limits import ConnectionLimits
from musterd.http.protocol import Protocol
from musterd.http.slots import ConnectionSlots

# Seconds: short timeouts, and time for expected events.
SOON = 10
BRIEF = 0.15
LIMITS = ConnectionLimits(connections=3, per_address=3, head_size=4096, idle_timeout=BRIEF)
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Echoes the path once allowed; reads bodies only on request."""

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
    """Wait until at most this many connections remain."""
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
