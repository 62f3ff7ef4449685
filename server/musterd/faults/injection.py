"""ASGI middleware that makes requests fail as planned."""

import asyncio
import os
import socket
import struct
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.api import responses
from musterd.api.middleware.headers import ServerHeaders
from musterd.contract import rules
from musterd.contract.versions import split_version
from musterd.faults.plan import FaultPlan
from musterd.http.protocol import TRANSPORT

# Makes a socket send RST when it is closed.
_NO_LINGER = struct.pack("ii", 1, 0)


class FaultInjection:
    """Inject the faults of a plan, and pass other requests to the application."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged."""
        fault = None
        if scope["type"] == "http":
            version, path = split_version(scope["path"])
            fault = self._plan.take(scope["method"], path)
        if fault is None:
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay)
        if fault.hang:
            await _disconnect(receive)
            return
        if fault.reset:
            _reset(scope["extensions"][TRANSPORT])
            await _disconnect(receive)
            return
        app = self._app
        if fault.status is not None:
            failed = responses.error(fault.status, fault.message, rules.at(version))
            failed.headers.update(fault.headers)
            app = ServerHeaders(failed)
        if fault.cut_after is None:
            await app(scope, receive, send)
        else:
            await _cut(app, fault.cut_after, (scope, receive, send))


async def _disconnect(receive: Receive) -> None:
    """Wait until the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(transport: Any) -> None:
    """Close a connection so that its client gets an error (RST, over TCP)."""
    # uvloop's sockets are not to be changed, but their descriptors are those of real ones.
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def _cut(app: ASGIApp, left: int, request: tuple[Scope, Receive, Send]) -> None:
    """Close the connection after so many bytes of the body."""
    scope, receive, send = request
    transport = scope["extensions"][TRANSPORT]

    async def send_some(message: Message) -> None:
        nonlocal left
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        if transport.is_closing():
            return
        if len(body) <= left:
            left -= len(body)
            await send(message)
            return
        await send({**message, "body": body[:left], "more_body": True})
        # This flushes the written data.
        transport.close()

    await app(scope, receive, send_some)
    if transport.is_closing():
        await _disconnect(receive)
