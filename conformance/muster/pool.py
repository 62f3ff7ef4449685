"""Batches of requests that only read, pipelined over one kept-alive connection.

Measured: of 1000 queries a daemon on the same machine answers half as many again in a second, and
one that is 20 ms away twenty times as many. But not every server and proxy can be asked so: what
comes back too late, broken or not at all is asked again, one request after the other, and so is
everything behind it. Nothing that is seen in a batch alone may be held against a server.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator, Sequence

from muster.exchange import Exchange, Request, Response
from muster.liveness import Watch
from muster.transport import Transport

WINDOW = 16_384
"""Bytes of requests that are on their way at a time: less than any socket's buffer holds."""

PATIENCE = 5.0
"""Seconds that an answer may take in a batch."""


class Pool:
    """Sends batches of requests.

    Args:
        watch: sends requests one at a time, and tells whether the server lives.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._transport = watch.sender if isinstance(watch.sender, Transport) else None

    @property
    def trusted(self) -> bool:
        """Whether batches are pipelined."""
        return self._transport is not None

    def distrust(self) -> None:
        """Send one request after the other from now on."""
        self._transport = None

    def batch(self, requests: Sequence[Request]) -> list[Exchange]:
        """The exchanges of *requests*, which only read, in the same order."""
        exchanges = list(self._pipelined(requests))
        self.watch.sent += len(exchanges)
        self.watch.look(exchanges)
        if len(exchanges) < len(requests):
            self.distrust()
        return exchanges + [self.watch.send(request) for request in requests[len(exchanges) :]]

    def _pipelined(self, requests: Sequence[Request]) -> Iterator[Exchange]:
        """Exchanges as they come, until the server does what a batch cannot cope with."""
        if self._transport is None or self.watch.gone:
            return
        try:
            connection = self._transport.open(min(PATIENCE, self._transport.timeout))
        except OSError:
            return
        with connection, _Answers(connection) as answers:
            for window in _windows(self._transport, requests):
                try:
                    connection.sendall(b"".join(head for _, head in window))
                    for request, _ in window:
                        response, last = answers.next()
                        self._transport.sent += 1
                        yield Exchange(request, response)
                        if last:
                            return
                except (OSError, http.client.HTTPException):
                    return


def _windows(
    transport: Transport, requests: Sequence[Request]
) -> Iterator[list[tuple[Request, bytes]]]:
    """*requests* and their bytes, in groups that fit the window."""
    window: list[tuple[Request, bytes]] = []
    size = 0
    for request in requests:
        head = transport.head(request)
        if window and size + len(head) > WINDOW:
            yield window
            window, size = [], 0
        window.append((request, head))
        size += len(head)
    if window:
        yield window


class _Answers(io.BufferedReader):
    """The answers on a connection, which `http.client` closes behind the first otherwise."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(socket.SocketIO(connection, "r"))

    def makefile(self, _: str) -> _Answers:
        """What `http.client` reads an answer from."""
        return self

    def close(self) -> None:
        """Stay open."""

    def next(self) -> tuple[Response, bool]:
        """The next answer, and whether it is the last on this connection."""
        answer = http.client.HTTPResponse(self, method="GET")  # type: ignore[arg-type]
        answer.begin()
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, body), answer.will_close
