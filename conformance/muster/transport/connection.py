"""One connection to a server, with a time limit for each response.

`http.client` reads the responses, but the time limit covers each response as a whole: a server that
trickles bytes does not extend it.
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
"""Maximum bytes to read of a body; a listing of a hundred thousand images has a tenth of that."""

PIECE = 2**16

QUICK_ACKNOWLEDGEMENT = getattr(socket, "TCP_QUICKACK", None)
"""Socket option that makes Linux acknowledge the next data at once; None elsewhere.

A server that writes the head and the body of an answer apart, without TCP_NODELAY, sends the body
only when the head is acknowledged, which takes 40 ms otherwise. The option wears off, so it is set
before each read.
"""


class BodyTooLong(http.client.HTTPException):
    """A response has no end in sight."""


class Deadline:
    """A point in time by which an operation must end.

    Args:
        seconds: Counted from now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: If none are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Connection:
    """A connection, kept alive until the server closes it.

    Args:
        connected: A connected socket, encrypted if necessary.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._incoming = _Incoming(connected)
        self._reader = _Reader(self._incoming)

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send *data*.

        Raises:
            OSError: If sending fails or takes too long.
        """
        self._socket.settimeout(deadline.left())
        self._socket.sendall(data)

    def receive(self, method: str, deadline: Deadline) -> tuple[Response, bool]:
        """Return the response to a request with *method*, and whether it ends the connection.

        Raises:
            OSError, http.client.HTTPException: If there is none, or it takes too long.
        """
        self._incoming.deadline = deadline
        answer = http.client.HTTPResponse(self._reader, method=method)  # type: ignore[arg-type]  # has the one method needed
        answer.begin()
        body = _body(answer)
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, body), answer.will_close

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def connect(target: Target, deadline: Deadline, tls: ssl.SSLContext | None) -> Connection:
    """Connect to *target*.

    Args:
        target: The server.
        deadline: When to give up.
        tls: TLS settings; None for plain HTTP.

    Raises:
        OSError: If connecting fails or takes too long.
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
    """Return whether the server at the HTTP address *target* accepts a TLS handshake instead."""
    if target.scheme != "http":
        return False
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No need to verify the certificate: nothing is sent, and only the handshake matters.
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
    """The incoming bytes of a connection, with a deadline for each response."""

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
    """An input stream that `http.client` cannot close after a response."""

    def makefile(self, _: str) -> _Reader:
        """Return the stream that `http.client` reads a response from."""
        return self

    def close(self) -> None:
        """Stay open."""
