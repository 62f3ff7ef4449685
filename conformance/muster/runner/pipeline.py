"""Pipelines batches of read-only requests over one kept-alive connection.

Measured with 1000 queries: a daemon on the same machine answers half as many again per second, and
one that is 20 ms away twenty times as many. But not every server or proxy supports pipelining:
after a response that is late, broken or missing, that request and all later ones are sent again,
one at a time. A fault seen only in a batch is never reported.
"""

from __future__ import annotations

import http.client
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from muster.model.exchange import Exchange, Request
from muster.runner.liveness import Watch
from muster.transport.connection import Deadline
from muster.transport.transport import Transport

WINDOW = 16_384
"""Bytes of requests in flight: fewer than any socket's buffer holds."""

PATIENCE = 5.0
"""Maximum seconds for a response in a batch."""


class Pipeline:
    """Sends batches of requests.

    Args:
        watch: Sends requests one at a time, and notices when the server stops responding.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        sender = watch.sender
        self._transport = (
            sender if isinstance(sender, Transport) and not sender.rate_limited else None
        )

    @property
    def enabled(self) -> bool:
        """Whether batches are pipelined."""
        return self._transport is not None

    def disable(self) -> None:
        """Send requests one at a time from now on."""
        self._transport = None

    def batch(self, requests: Sequence[Request]) -> Generator[Exchange]:
        """Yield the exchanges of the read-only *requests* in order, as the responses arrive.

        The server works on the next requests while the caller examines a response.
        """
        exchanges: list[Exchange] = []
        for exchange in self._pipelined(requests):
            self.watch.sent += 1
            exchanges.append(exchange)
            yield exchange
        self.watch.check_alive(exchanges)
        if len(exchanges) < len(requests):
            self.disable()
        for request in requests[len(exchanges) :]:
            yield self.watch.send(request)

    def _pipelined(self, requests: Sequence[Request]) -> Iterator[Exchange]:
        """Yield exchanges until the server responds in a way that a batch cannot handle."""
        if self._transport is None or self.watch.gone or not requests:
            return
        patience = min(PATIENCE, self._transport.timeout)
        try:
            connection = self._transport.open(Deadline(patience))
        except OSError:
            return
        with closing(connection):
            for window in _windows(self._transport, requests):
                self._transport.config.limit.left()
                try:
                    connection.send(b"".join(head for _, head in window), Deadline(patience))
                    for request, _ in window:
                        response, last = connection.receive(request.method, Deadline(patience))
                        self._transport.sent += 1
                        if self._transport.asks_to_wait(response) is not None:
                            return
                        yield Exchange(request, response)
                        if last:
                            return
                except (OSError, http.client.HTTPException):
                    return


def _windows(
    transport: Transport, requests: Sequence[Request]
) -> Iterator[list[tuple[Request, bytes]]]:
    """Yield *requests* (at least one) and their bytes, in groups that fit."""
    window: list[tuple[Request, bytes]] = []
    size = 0
    for request in requests:
        head = transport.head(request)
        if window and size + len(head) > WINDOW:
            yield window
            window, size = [], 0
        window.append((request, head))
        size += len(head)
    yield window
