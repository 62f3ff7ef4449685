"""A correct server on a real socket, with configurable use of HTTP's freedoms."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from muster.model.exchange import Request, Response
from muster.transport.target import Target

from .stand_in import StandIn

PATIENCE = 20.0
"""Seconds after which a connection that nobody uses is closed."""


@dataclass(frozen=True)
class Wire:
    """How answers are written.

    Attributes:
        protocol: What the status line says.
        close: Whether to close the connection after each answer.
        chunk: Bytes of each chunk; 0 for a body of known length.
        piece: Bytes of each packet; 0 for all at once.
        pause: Seconds before each answer.
        headers: Further headers.
        busy: Every so many requests one is answered with 429; 0 for none.
        surplus: Bytes behind every body, which are a fault.
    """

    protocol: str = "HTTP/1.1"
    close: bool = False
    chunk: int = 0
    piece: int = 0
    pause: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    busy: int = 0
    surplus: bytes = b""

    def written(self, response: Response, *, body: bool) -> bytes:
        """Return *response* as bytes; without its body for HEAD."""
        lines = [f"{self.protocol} {response.status} {HTTPStatus(response.status).phrase}"]
        headers = {**response.headers, **self.headers}
        if self.chunk:
            headers["Transfer-Encoding"] = "chunked"
        elif self.protocol != "HTTP/1.0":
            headers["Content-Length"] = str(len(response.body))
        if self.close and self.protocol == "HTTP/1.1":
            headers["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return head + (self.body(response.body) if body else b"") + self.surplus

    def body(self, data: bytes) -> bytes:
        if not self.chunk:
            return data
        pieces = [data[at : at + self.chunk] for at in range(0, len(data), self.chunk)]
        return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in [*pieces, b""])


class _Handler(socketserver.StreamRequestHandler):
    timeout = PATIENCE
    server: _Server

    def handle(self) -> None:
        try:
            while self.answered():
                pass
        except OSError:
            # The client has gone.
            return

    def answered(self) -> bool:
        """Answer a request; whether another may follow."""
        request = read(self.rfile, self.server.stand_in.minor)
        if request is None:
            return False
        wire = self.server.wire
        time.sleep(wire.pause)
        response = self.server.answer(request)
        if response is None:
            return False
        data = wire.written(response, body=request.method != "HEAD")
        step = wire.piece or len(data)
        for at in range(0, len(data), step):
            self.request.sendall(data[at : at + step])
        return not wire.close and wire.protocol == "HTTP/1.1"


def read(incoming: BinaryIO, minor: int) -> Request | None:
    """Read a request; None at the end of a connection."""
    line = incoming.readline().decode("latin-1").split()
    if not line:
        return None
    headers: dict[str, str] = {}
    while header := incoming.readline().decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.strip()] = value.strip()
    method, target = line[0], line[1]
    absolute = target.startswith("http://")
    if absolute:
        target = "/" + target.split("/", 3)[3]
    version: str | None = ""
    if target.startswith("/v") or not target.startswith(
        ("/images/", "/_ping", "/version", "/info")
    ):
        segment, slash, rest = target[1:].partition("/")
        if slash and segment:
            version, target = f"/{segment}", slash + rest
    version = None if version == f"/v1.{minor}" else version
    body = incoming.read(int(headers.get("Content-Length", "0")))
    return Request(target, method, version, tuple(headers.items()), body, absolute=absolute)


class _Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    daemon_threads = True
    stand_in: StandIn
    wire: Wire

    def answer(self, request: Request) -> Response | None:
        with self.stand_in.lock:
            self.count = getattr(self, "count", 0) + 1
            if self.wire.busy and self.count % self.wire.busy == 0:
                return Response(429, {"Retry-After": "0"}, b"busy")
            return self.stand_in.answer(request)


class _Tcp(_Server, socketserver.TCPServer):
    pass


class _Tcp6(_Tcp):
    address_family = socket.AF_INET6


class _Unix(_Server, socketserver.UnixStreamServer):
    pass


@contextmanager
def wired(stand_in: StandIn, wire: Wire, at: str | Path = "127.0.0.1") -> Iterator[Target]:
    """Serve *stand_in* at an address of the loopback interface, or at the path of a socket."""
    server: _Server
    if isinstance(at, Path):
        server = _Unix(os.fspath(at), _Handler)
        target = Target("unix", socket=os.fspath(at))
    else:
        tcp = (_Tcp6 if ":" in at else _Tcp)((at, 0), _Handler)
        server, target = tcp, Target("http", at, tcp.server_address[1])
    server.stand_in, server.wire = stand_in, wire
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield target
        finally:
            server.shutdown()
            thread.join()
