"""A proxy that forwards every byte, and records the requests that go through it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from muster.transport.target import Target

from .servers import PATIENCE

LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
VERSION = re.compile(r"^(http://[^/]+)?/v\d+\.\d+(?=/)")


@dataclass
class Recorder:
    """The recorded traffic; `requests` has methods and targets, `bodies` methods and bodies."""

    target: Target
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def paths(self) -> set[tuple[str, str]]:
        """Methods and paths, without the API version and the query."""
        return {(method, VERSION.sub(r"\1", t.partition("?")[0])) for method, t in self.requests}


@contextmanager
def recording(server: Target) -> Iterator[Recorder]:
    """Forward connections to a loopback port to *server*."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder = Recorder(Target("http", "127.0.0.1", listener.getsockname()[1]))
        threads: list[threading.Thread] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    thread = threading.Thread(target=_carry, args=(client, server, recorder))
                    threads.append(thread)
                    thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        yield recorder
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)


def _carry(client: socket.socket, server: Target, recorder: Recorder) -> None:
    upstream = socket.create_connection((server.host, server.port))
    with closing(client), closing(upstream):
        back = threading.Thread(target=_pump, args=(upstream, client))
        back.start()
        buffer = b""
        with suppress(OSError):
            while data := client.recv(65536):
                upstream.sendall(data)
                buffer = _record(buffer + data, recorder)
            upstream.shutdown(socket.SHUT_WR)
        back.join(PATIENCE)


def _record(data: bytes, recorder: Recorder) -> bytes:
    """Record the complete requests in *data*; return the rest."""
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
        length = LENGTH.search(head + b"\r\n")
        size = int(length[1]) if length else 0
        if len(rest) < size:
            break
        recorder.requests.append((method, target))
        if size:
            recorder.bodies.append((method, rest[:size]))
        data = rest[size:]
    return data


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
