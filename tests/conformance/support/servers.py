"""Servers on real sockets: one that answers as a stand-in does, and one that follows a script."""

from __future__ import annotations

import os
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from muster.model.exchange import Request, Response
from muster.model.version import ApiVersion
from muster.transport.target import Target
from tests.mutants.stand_in import StandIn

VERSION = ApiVersion(1, 23)

PATIENCE = 10.0
"""Seconds after which a test that waits for a socket fails."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    wbufsize = -1  # Head and body go in one packet; else each answer waits for a delayed ACK.
    stand_in: ClassVar[StandIn]
    seen: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.seen.append(self.requestline)
        # Not self.path, in which http.server joins slashes at the beginning.
        target = self.requestline.split(" ")[1]
        absolute = target.startswith("http://")
        if absolute:
            target = "/" + target.split("/", 3)[3]
        version: str | None = ""
        if re.match(r"/v\d|/(?!images/)[^/]+/images/json", target):
            segment, slash, rest = target[1:].partition("/")
            version, target = f"/{segment}", slash + rest
        if version == f"/v1.{self.stand_in.minor}":
            version = None
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = tuple(self.headers.items())
        response = self.stand_in.answer(
            Request(target, self.command, version, headers, body, absolute=absolute)
        )
        if response is None:
            self.close_connection = True
            return
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def handle(self) -> None:
        """Serve a connection until it ends, which a client that stops may do with a reset."""
        with suppress(ConnectionError):
            super().handle()

    do_HEAD = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True


@dataclass(frozen=True)
class Served:
    """A served stand-in; `seen` has the request lines received."""

    target: Target
    seen: list[str]


@contextmanager
def served(
    stand_in: StandIn, socket_path: Path | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Served]:
    """Serve *stand_in* on a port of the loopback address, with *tls* or not, or on a socket."""
    seen: list[str] = []
    handler = type("Handler", (_Handler,), {"stand_in": stand_in, "seen": seen})
    server: socketserver.BaseServer
    if socket_path is None:
        tcp = _TcpServer(("127.0.0.1", 0), handler)
        if tls is not None:
            tcp.socket = tls.wrap_socket(tcp.socket, server_side=True)
        scheme = "https" if tls else "http"
        server, target = tcp, Target(scheme, "127.0.0.1", tcp.server_address[1])
    else:
        server = _UnixServer(os.fspath(socket_path), handler)
        target = Target("unix", socket=os.fspath(socket_path))
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Served(target, seen)
        finally:
            server.shutdown()
            thread.join()


HANG = "hang"
RESET = "reset"
Step = bytes | str
"""What follows a request: bytes to send, HANG until the client has gone, or RESET."""


@dataclass
class Scripted:
    """A server that follows a script; `heads` are the heads of the requests on each connection."""

    target: Target
    heads: list[list[str]] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)


@contextmanager
def scripted(*connections: Sequence[Step], socket_path: Path | None = None) -> Iterator[Scripted]:
    """Accept one connection for each of *connections*, in turn.

    On each, a request is read before each step; behind the last the connection is closed. Without
    any step it is closed at once.
    """
    with ExitStack() as stack:
        if socket_path is None:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            target = Target("http", "127.0.0.1", listener.getsockname()[1])
        else:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(os.fspath(socket_path))
            listener.listen()
            target = Target("unix", socket=os.fspath(socket_path))
        listener.settimeout(PATIENCE)
        script = Scripted(target)
        thread = threading.Thread(target=_follow, args=(listener, connections, script))
        thread.start()
        yield script
        thread.join()


def _follow(
    listener: socket.socket, connections: Sequence[Sequence[Step]], script: Scripted
) -> None:
    for steps in connections:
        connection, _ = listener.accept()
        with closing(connection):
            connection.settimeout(PATIENCE)
            heads: list[str] = []
            script.heads.append(heads)
            for step in steps:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(1)
                heads.append(head.decode())
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif step == HANG:
                    script.hanging.set()
                    connection.recv(1)
                else:
                    reset(connection)


def reset(connection: socket.socket) -> None:
    """Have the kernel send RST when *connection* is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def raw(body: bytes = b"[]", *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an answer as bytes, for a connection that stays open."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode("latin-1") + body


class Answers(StandIn):
    """Gives every request the same answer."""

    def __init__(self, response: Response | None) -> None:
        super().__init__()
        self.response = response

    def answer(self, request: Request) -> Response | None:
        return self.response


class Holds(StandIn):
    """A correct server that holds *images*."""

    def __init__(self, *images: dict[str, Any]) -> None:
        super().__init__()
        self.images = list(images)
