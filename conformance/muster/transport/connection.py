"""One connection to a server: bytes go out, answers come in, and none is awaited for too long.

The answers are read by `http.client`, but a time limit holds for each as a whole: a server that
sends an octet now and then keeps nobody waiting for longer.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import TYPE_CHECKING

from muster.model.exchange import Response
from muster.transport.target import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_BODY = 2**28
"""Bytes of a body that are read; a listing of a hundred thousand images has a tenth of that."""

PIECE = 2**16

QUICK_ACKNOWLEDGEMENT = getattr(socket, "TCP_QUICKACK", None)
"""Option by which Linux acknowledges at once what comes next; None where there is none.

A server that writes the head and the body of an answer apart, without TCP_NODELAY, sends the body
only when the head is acknowledged, which takes 40 ms otherwise. The option wears off, so it is set
before each read.
"""


class BodyTooLong(http.client.HTTPException):
    """An answer has no end, as far as can be told."""


class Deadline:
    """A moment until which something may take.

    Args:
        seconds: From now on.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds until then.

        Raises:
            TimeoutError: If there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Connection:
    """A connection, kept alive as long as the server does.

    Args:
        connected: A socket, connected and encrypted if need be.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._incoming = _Incoming(connected)
        self._reader = _Reader(self._incoming)

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send *data*.

        Raises:
            OSError: If that fails, or takes too long.
        """
        self._socket.settimeout(deadline.left())
        self._socket.sendall(data)

    def receive(self, method: str, deadline: Deadline) -> tuple[Response, bool]:
        """Return the next answer, which is one to *method*, and whether it is the last here.

        Raises:
            OSError, http.client.HTTPException: If none comes, or it takes too long.
        """
        self._incoming.deadline = deadline
        answer = http.client.HTTPResponse(self._reader, method=method)  # type: ignore[arg-type]  # has what is asked of sockets
        answer.begin()
        body = _body(answer)
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, body), answer.will_close

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def connect(target: Target, deadline: Deadline, tls: ssl.SSLContext | None) -> Connection:
    """Connect to *target*.

    Args:
        target: The server.
        deadline: Until when.
        tls: How TLS is spoken with it; None where it is not.

    Raises:
        OSError: If that fails, or takes too long.
    """
    if target.scheme == "unix":
        return Connection(_connected_unix(target.socket, deadline))
    plain = socket.create_connection((target.host, target.port), timeout=deadline.left())
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return Connection(plain)
        plain.settimeout(deadline.left())
        return Connection(tls.wrap_socket(plain, server_hostname=target.host))
    except BaseException:
        plain.close()
        raise


def speaks_tls(target: Target, seconds: float = 2.0) -> bool:
    """Return whether the server at *target*, an address of HTTP, makes a TLS handshake instead."""
    if target.scheme != "http":
        return False
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whether there is TLS is the question, not whose it is; nothing is sent over it.
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    try:
        connect(target, Deadline(seconds), tls).close()
    except OSError:
        return False
    return True


def _connected_unix(path: str, deadline: Deadline) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    try:
        connected.settimeout(deadline.left())
        connected.connect(path)
    except BaseException:
        connected.close()
        raise
    return connected


def _body(answer: http.client.HTTPResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := answer.read(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST_BODY:
                raise BodyTooLong
    except http.client.IncompleteRead as error:
        raise http.client.IncompleteRead(b"".join([*pieces, error.partial])) from error
    if answer.length:
        raise http.client.IncompleteRead(b"".join(pieces), answer.length)
    return b"".join(pieces)


class _Incoming(io.RawIOBase):
    """What comes over a connection, until a moment that is set for each answer."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._is_tcp = connected.family in {socket.AF_INET, socket.AF_INET6}
        self.deadline = Deadline(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._socket.settimeout(self.deadline.left())
        if self._is_tcp and QUICK_ACKNOWLEDGEMENT is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACKNOWLEDGEMENT, 1)
        return self._socket.recv_into(buffer)


class _Reader(io.BufferedReader):
    """What is read from, also when `http.client` has closed it behind an answer."""

    def makefile(self, _: str) -> _Reader:
        """Return what `http.client` reads an answer from."""
        return self

    def close(self) -> None:
        """Stay open."""
