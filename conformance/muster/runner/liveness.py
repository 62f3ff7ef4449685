"""Notices when the server stops responding, and which request caused it.

After every request that gets an error or no response, and after every hostile request, the suite
sends a harmless one. Any response to it proves that the server is alive.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from muster.model.exchange import Exchange, Request, Sender
from muster.model.image import shorten
from muster.model.query import ALL
from muster.register.verdict import Blocked, Departure
from muster.transport.transport import reads_only

PING = Request("/_ping", version="")

PAUSES = (0.0, 0.2, 1.0)
"""Seconds before each attempt to reach the server again: it may be restarting."""

SLOW = 1.0
"""Seconds after which a request without a response counts as hanging, not as refused."""

HANGS = 3
"""Hanging requests after which to give up: each takes as long as the timeout."""


def _fails(exchange: Exchange) -> bool:
    return exchange.response is None or exchange.response.is_server_error


def _is_error(exchange: Exchange) -> bool:
    return exchange.response is None or exchange.response.is_error


TRIES = 3
"""How often to send a request again to a server that has failed by chance before."""


class Watch:
    """Sends requests until the server stops responding.

    Args:
        sender: Sends them.
        pauses: Seconds to wait before each attempt to reach the server again.

    Attributes:
        sent: How many requests were sent.
        dropped: Exchanges without a response, where the same request got one when sent again.
        failed: The same for responses with a status of 500 or more.
        full: The first and the last full listing from before the first change.
        gone: Whether the server stopped responding; further requests then fail at once.
    """

    def __init__(self, sender: Sender, pauses: Sequence[float] = PAUSES) -> None:
        self.sender = sender
        self.sent = 0
        self.dropped: list[Exchange] = []
        self.failed: list[Exchange] = []
        self.full: list[Exchange] = []
        self._has_changed = False
        self._pauses = pauses
        self._hanging: list[Exchange] = []
        self._last: list[Exchange] = []

    @property
    def gone(self) -> bool:
        """Whether the server stopped responding."""
        return bool(self._last)

    def send(self, request: Request) -> Exchange:
        """Send *request*; make sure that the server is alive if it fails."""
        self._has_changed = self._has_changed or not reads_only(request)
        exchange = self._repeated(request)
        self.check_alive([exchange])
        if request == ALL and not self._has_changed and not _is_error(exchange):
            self.full[1:] = [exchange]
        return exchange

    def send_hostile(self, request: Request) -> Exchange:
        """Send the hostile *request*, and make sure that the server is still alive."""
        exchange = self._repeated(request)
        if not self.gone:
            self._ping_until_alive(exchange)
        return exchange

    def check_alive(self, exchanges: Iterable[Exchange]) -> None:
        """Make sure that the server is alive if one of *exchanges* failed."""
        bad = [each for each in exchanges if _is_error(each)]
        if bad and not self.gone:
            self._ping_until_alive(bad[-1])

    def departure(self) -> Departure:
        """Return the finding that the server stopped responding, and after which request."""
        first = self._last[0]
        named = f"{first.request.method} {shorten(first.request.target)}"
        if len(self._hanging) == HANGS:
            return Departure(f"the server left {HANGS} requests hanging, {named} first", self._last)
        return Departure(f"the server has stopped responding since {named}", self._last)

    def blocked(self) -> Blocked:
        """Why no more requests can be sent."""
        return Blocked(f"not tried: {self.departure().message}")

    def _repeated(self, request: Request) -> Exchange:
        """Send *request*, and a read-only one again if it fails: it may have failed by chance."""
        exchange = self._timed(request)
        if not _fails(exchange) or not reads_only(request) or exchange in self._hanging:
            return exchange
        for _ in range(TRIES if self.dropped or self.failed else 1):
            again = self._timed(request)
            if not _fails(again):
                (self.dropped if exchange.response is None else self.failed).append(exchange)
                return again
        return exchange

    def _timed(self, request: Request) -> Exchange:
        if self.gone:
            return Exchange(request, None, "the server has stopped responding")
        self.sent += 1
        start = time.monotonic()
        exchange = self.sender.send(request)
        if exchange.response is None and time.monotonic() - start >= SLOW:
            self._hanging.append(exchange)
            if len(self._hanging) == HANGS:
                self._last = list(self._hanging)
        return exchange

    def _ping_until_alive(self, suspect: Exchange) -> None:
        for pause in self._pauses:
            if pause:
                time.sleep(pause)
            exchange = self._timed(PING)
            if exchange.response is not None or self.gone:
                return
            if exchange in self._hanging:
                break
        self._last = [suspect, exchange]


def watched(sender: Sender) -> Watch:
    """Wrap *sender* in a `Watch`, unless it is one already."""
    return sender if isinstance(sender, Watch) else Watch(sender)
