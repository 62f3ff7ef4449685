"""HTTP/1.1 on one connection, for clients that may be slow, greedy, or up to no good.

uvicorn reads the requests; what it leaves open is how long it waits, and how much it takes.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from musterd.http.limits import ConnectionLimits

#: Seconds for what is left of a body that nobody wants to read, before the connection is closed.
_LINGER = 5


class Protocol(HttpToolsProtocol):
    """A connection within limits."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        # Bytes since there was the last of a body, or the end of a head.
        self._overhead = 0
        self._head: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._lingering: asyncio.TimerHandle | None = None
        # The newest request, as soon as there is one.
        self._newest: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._end("503 Service Unavailable")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        _cancel(self._head, self._writing, self._lingering)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._overhead += len(data)
        super().data_received(data)
        if self._head is None and self._lingering is None and not self._is_busy:
            # Even if it is only the empty lines that may stand before a request.
            self._await_head()
        if self._overhead > self._limits.head_size and not self.transport.is_closing():
            self._end("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin a request, of which something has come in."""
        self._overhead = self._overhead or 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._overhead = 0
        _cancel(self._head)
        self._head = None
        super().on_headers_complete()
        self._newest = self.cycle

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._overhead = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request, which may be answered already."""
        self._overhead = 0
        if self._lingering is not None:
            _cancel(self._lingering)
            self._lingering = None
            # uvicorn does not wait for the next one in this case.
            self._await_head()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the rest of a body that was not read, but not for long."""
        # It may be a later one than the one that was answered.
        unread = self.cycle.response_complete and self.cycle.more_body
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self._lingering = self.loop.call_later(_LINGER, self.transport.close)

    def pause_writing(self) -> None:
        """Wait for a client that does not take its answer, as long as it takes some."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """Write again."""
        _cancel(self._writing)
        self._writing = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what is not HTTP, as Go's server does."""
        self._end("400 Bad Request")

    @property
    def _is_busy(self) -> bool:
        return self._newest is not None and not self._newest.response_complete

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self._limits.idle_timeout, self._on_no_head)

    def _on_no_head(self) -> None:
        self._head = None
        if self._overhead:
            self._end("408 Request Timeout")
        else:
            self.transport.close()

    def _watch_writing(self) -> None:
        before = self.transport.get_write_buffer_size()
        self._writing = self.loop.call_later(self._limits.idle_timeout, self._on_no_taker, before)

    def _on_no_taker(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch_writing()
        else:
            self.transport.abort()

    def _end(self, status: str) -> None:
        """Answer before there is a request, and close the connection."""
        text = status.encode()
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%b" % (text, len(text), text)
        )
        self.transport.close()


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()
