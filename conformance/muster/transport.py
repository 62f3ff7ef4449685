"""Sends requests to the server under test: over TCP, TLS or a unix socket, byte for byte as given.

`http.client` rather than a client with more comfort, because those normalise targets, follow
redirects or retry, and a suite has to see what the server does with what it was sent.
"""

from __future__ import annotations

import copy
import http.client
import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

from muster.errors import TargetError
from muster.exchange import Exchange, Request, Response
from muster.target import Target
from muster.version import ApiVersion

SAFE_METHODS = frozenset({"GET", "HEAD"})


def reads_only(request: Request) -> bool:
    """Whether *request* cannot change anything on a server."""
    return request.method in SAFE_METHODS


class Transport:
    """One kept-alive connection to a target.

    Args:
        target: the server.
        version: API version, e.g. `1.23`, of requests that name none themselves.
        timeout: seconds to wait for each answer.
        permission: whether a request may be sent; without it, only such as read.
    """

    def __init__(
        self,
        target: Target,
        version: ApiVersion,
        timeout: float = 30.0,
        permission: Callable[[Request], bool] = reads_only,
    ) -> None:
        self.target = target
        self.version = version
        self.timeout = timeout
        self.permission = permission
        self.sent = 0
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def another(self) -> Self:
        """One like this, with a connection of its own."""
        other = copy.copy(self)
        other.sent = 0
        other._connection = None  # noqa: SLF001 - of the same class
        return other

    def open(self, timeout: float) -> socket.socket:
        """A further connection, which the caller writes to, reads from and closes.

        Raises:
            OSError: if the server cannot be reached.
        """
        connection = _connection(self.target, timeout)
        connection.connect()
        return connection.sock

    def head(self, request: Request) -> bytes:
        """The request line and the headers of *request*, which only reads, as they are sent.

        Raises:
            TargetError: if the request is not permitted.
        """
        self._permitted(request)
        path = request_path(self.target, self.version, request)
        lines = [f"{name}: {value}" for name, value in self._headers(request)]
        return "\r\n".join([f"{request.method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    def _permitted(self, request: Request) -> None:
        if not self.permission(request):
            raise TargetError(f"refused to send {request.method} {request.target}: not permitted")

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        headers = {"Host": self.target.authority, "User-Agent": "muster", "Accept": "*/*"}
        return [*headers.items(), *request.headers]

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, request: Request) -> Exchange:
        """Send *request* and wait for its answer.

        A connection that the server closed between two requests is opened anew, once; everything
        else that keeps an answer from coming is told in the exchange's `trouble`.

        Raises:
            TargetError: if the request is not permitted; nothing is sent then.
        """
        self._permitted(request)
        if not reads_only(request):
            # Sent once or not at all: on a connection that is known to be alive.
            self.close()
        self.sent += 1
        reused = self._connection is not None
        try:
            try:
                answer = self._ask(request)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not reused:
                    raise
                self.close()
                answer = self._ask(request)
            response = self._read(request, answer)
        except (OSError, http.client.HTTPException) as e:
            self.close()
            return Exchange(request, None, _why(e, self.timeout))
        return Exchange(request, response)

    def _ask(self, request: Request) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = _connection(self.target, self.timeout)
        connection = self._connection
        path = request_path(self.target, self.version, request)
        connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self._headers(request):
            connection.putheader(name, value)
        if not reads_only(request):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        return connection.getresponse()

    def _read(self, request: Request, answer: http.client.HTTPResponse) -> Response:
        body = answer.read()
        # Behind the answer to HEAD some servers send a body, which the next request would meet.
        if answer.will_close or request.method == "HEAD":
            self.close()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)


def request_path(target: Target, version: ApiVersion, request: Request) -> str:
    """The whole request target of *request* at *target*, as sent."""
    segment = f"/v{version}" if request.version is None else request.version
    return target.base + segment + request.target


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _connection(target: Target, timeout: float) -> http.client.HTTPConnection:
    if target.scheme == "unix":
        return _UnixConnection(target.socket, timeout)
    if target.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            target.host, target.port, timeout=timeout, context=context
        )
    return http.client.HTTPConnection(target.host, target.port, timeout=timeout)


def _why(error: Exception, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return "the server closed the connection before it had answered"
    if isinstance(error, http.client.IncompleteRead):
        return f"the body broke off after {len(error.partial)} bytes"
    if isinstance(error, http.client.HTTPException):
        return f"the answer is not HTTP ({type(error).__name__}: {error})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
