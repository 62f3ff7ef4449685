"""HTTP/1.1 on one connection, safe from slow, greedy and malicious clients.

uvicorn handles the requests; this protocol adds limits on time and memory.
"""

import asyncio
from functools import partial
from typing import Any

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from musterd.http import response_head
from musterd.http.deadlines import Deadlines
from musterd.http.limits import MAX_HEADERS, ConnectionLimits
from musterd.http.peers import client_network
from musterd.http.refusals import Refusal, Refused
from musterd.http.slots import ConnectionSlots

# Seconds to receive the rest of an unread body before the connection is closed.
_LINGER = 5
# Seconds for the response, and then for each next piece of it, to a client that has closed its half
# of the connection, or disconnected.
_HALF_CLOSED = 5
# Seconds to send the response to a request that has timed out.
_LAST_WORDS = 5
# Pipelined requests that may wait, and bytes to parse at a time where requests may start.
_MAX_WAITING, _PIECE = 16, 4096
# The key of the connection's transport in the extensions of an ASGI scope.
TRANSPORT = "musterd.transport"
# The key of a function that tells whether the server is stopping, for responses without an end.
STOPPING = "musterd.stopping"
_TOO_LARGE = "431 Request Header Fields Too Large"


class _Ignored(list[tuple[bytes, bytes]]):
    """Trailers, which nobody needs."""

    def append(self, _header: tuple[bytes, bytes]) -> None:
        """Drop a trailer."""


# Takes the place of a request's headers once they are complete.
_TRAILERS = _Ignored()


class Protocol(HttpToolsProtocol):
    """A connection with limits.

    Attributes:
        client_slot: The client whose connection slot is in use; None before there is one.
    """

    def __init__(
        self,
        *args: Any,
        limits: ConnectionLimits,
        slots: ConnectionSlots,
        refused: Refused | None = None,
        **options: Any,
    ) -> None:
        """Take the arguments of uvicorn's protocol, the limits, and the shared connection slots."""
        super().__init__(*args, **options)
        self._refused = refused
        self._limits = limits
        self._slots = slots
        self.client_slot: str | None = None
        # Bytes received since the last piece of a body, or the last complete head.
        self._overhead = 0
        # Received bytes to parse once fewer requests wait.
        self._unread = b""
        # Bytes of the piece that is being parsed; and of the one that ended the last request, in
        # which the next head may have begun.
        self._piece = 0
        self._last_piece = 0
        self._in_body = False
        self.headers = _TRAILERS
        # The response in place of 400 if the parser stops.
        self._refusal: str | None = None
        self._deadlines = Deadlines(self.loop)
        # The latest request; the request that is being answered, and its task.
        self._newest: RequestResponseCycle | None = None
        self._current: RequestResponseCycle | None = None
        self._task: asyncio.Task[None] | None = None
        # An event, since a function of this connection would keep it until garbage is collected.
        self._stopping = asyncio.Event()
        self._extensions: dict[str, Any] = {STOPPING: self._stopping.is_set}
        self._lost = False
        self._half_closed = False
        # Messages of responses so far.
        self._sent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, unless there are too many."""
        super().connection_made(transport)
        self._extensions[TRANSPORT] = transport
        if self.client_slot is None:
            client = client_network(self.client[0] if self.client else None)
            if not self._slots.take(client):
                self._end("503 Service Unavailable")
                return
            self.client_slot = client
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up, and cancel the work of the disconnected client."""
        self._lost = True
        self._deadlines.close()
        if self.client_slot is not None:
            self._slots.give_back(self.client_slot)
        if self._task is not None and self._is_busy:
            self._task.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Answer a client that stops sending, if it has sent a complete request."""
        newest = self._newest
        if newest is None or newest.response_complete or newest.more_body or self.scheme == "https":
            return None
        self._half_closed = True
        self._watch_half_closed()
        return True

    def shutdown(self) -> None:
        """Finish the response that has begun, and close the connection."""
        self._stopping.set()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, as far as the limits allow."""
        self._deadlines.cancel("idle")
        if self._unread:
            data, self._unread = self._unread + data, b""
        while data and not self.transport.is_closing():
            room = self._limits.head_size - self._overhead
            if room <= 0:
                self._end(_TOO_LARGE)
                return
            if len(self.pipeline) >= _MAX_WAITING:
                # A request takes a hundred times more memory than its bytes.
                self._unread = data
                self.flow.pause_reading()
                return
            size = room if self._in_body else min(room, _PIECE)
            piece, data = data[:size], data[size:]
            self._piece = len(piece)
            self._overhead += self._piece
            super().data_received(piece)
        if not (self._is_busy or "head" in self._deadlines or "linger" in self._deadlines):
            # Even if the bytes are only the empty lines that may precede a request.
            self._await_head()

    def on_headers_complete(self) -> None:
        """Start to answer the request.

        Raises:
            ValueError: The request is refused; this stops the parser.
        """
        received = self._last_piece + self._overhead
        self._in_body = True
        self._overhead = 0
        self._deadlines.cancel("head")
        self._refusal = None if self._is_ordinary(received) else self._problem()
        if self._refusal is not None:
            raise ValueError(self._refusal)
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self.headers = _TRAILERS
        self._newest = self.cycle

    def on_body(self, body: bytes) -> None:
        """Handle a piece of a body."""
        self._overhead = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Finish reading a request, which may be answered already."""
        self._overhead = 0
        self._last_piece = self._piece
        self._in_body = False
        if self._deadlines.cancel("linger"):
            # uvicorn does not wait for the next request in this case.
            self._await_head()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the next request that waits, or wait for one, as uvicorn does.

        uvicorn's own method would make a timer for each response.
        """
        # The body may belong to a later request than the answered one.
        unread = self.cycle.response_complete and self.cycle.more_body
        self.server_state.total_requests += 1
        if not self.transport.get_write_buffer_size():
            self._deadlines.cancel("request")
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._deadlines.start("idle", self.timeout_keep_alive, self.transport.close)
        if self._unread:
            self.data_received(b"")
        if unread:
            # Wait for the rest of the body, but not for long.
            self._deadlines.start("linger", _LINGER, self.transport.close)
        elif self._half_closed and not self._is_busy:
            self.transport.close()

    def pause_writing(self) -> None:
        """Pause for a slow client, which must keep accepting some of the response."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """Resume writing."""
        self._deadlines.cancel("writing")
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer malformed HTTP like Go's server."""
        self._end(self._refusal or "400 Bad Request")

    def _start_asgi_task(self, cycle: RequestResponseCycle, _app: Any) -> None:
        """Answer a request within the time limit, in a task that can be cancelled."""
        self._current = cycle
        wait = self._limits.request_time + _LAST_WORDS
        self._deadlines.start("request", wait, self._on_no_end)
        app: Any = partial(self._until_lost, cycle)
        self._task = self.loop.create_task(cycle.run_asgi(app))
        self._task.add_done_callback(self.tasks.discard)
        self.tasks.add(self._task)

    async def _until_lost(
        self, cycle: RequestResponseCycle, scope: Scope, receive: Receive, _send: Send
    ) -> None:
        app: Any = self.app
        try:
            await app(scope, receive, partial(self._send_to, cycle))
        except asyncio.CancelledError:
            # A missing response is no error if the client has disconnected, or the server stops.
            if not (self._lost or self._stopping.is_set()):
                raise
            cycle.disconnected = True
            self.transport.close()

    async def _send_to(self, cycle: RequestResponseCycle, message: Message) -> None:
        self._sent += 1
        if not response_head.send(cycle, message):
            await cycle.send(message)  # type: ignore[arg-type]  # uvicorn's types

    @property
    def _is_busy(self) -> bool:
        return self._newest is not None and not self._newest.response_complete

    @property
    def _in_head(self) -> bool:
        # uvicorn makes a new list of headers when a request begins.
        return self.headers is not _TRAILERS

    def _is_ordinary(self, received: int) -> bool:
        """Tell, without a look at each header, whether a head is certainly allowed.

        Args:
            received: The most bytes that the head can have.
        """
        names = dict(self.headers)
        return (
            len(names) == len(self.headers) <= MAX_HEADERS
            and b"host" in names
            and received <= self._limits.head_size
        )

    def _problem(self) -> str | None:
        """Return why a request with a complete head is refused, in the words of Go's server."""
        size = len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n\r\n")
        # The parser has dropped the spaces.
        size += sum(len(name) + len(value) + len(":\r\n") for name, value in self.headers)
        if size > self._limits.head_size or len(self.headers) > MAX_HEADERS:
            return _TOO_LARGE
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1:
            return "400 Bad Request: too many Host headers"
        if not hosts and self.parser.get_http_version() == "1.1":
            return "400 Bad Request: missing required Host header"
        return None

    def _await_head(self) -> None:
        self._deadlines.start("head", self._limits.idle_timeout, self._on_no_head)

    def _on_no_head(self) -> None:
        if self._overhead or self._in_head:
            self._end("408 Request Timeout")
        else:
            self.transport.close()

    def _watch_half_closed(self) -> None:
        give_up = partial(self._on_half_closed, self._sent)
        self._deadlines.start("half closed", _HALF_CLOSED, give_up)

    def _on_half_closed(self, before: int) -> None:
        # Bytes that the client does not take have a deadline of their own.
        if self._sent > before or self.transport.get_write_buffer_size():
            self._watch_half_closed()
        else:
            self.transport.abort()

    def _on_no_end(self) -> None:
        if self._is_busy or self.transport.get_write_buffer_size():
            self.transport.abort()

    def _watch_writing(self) -> None:
        before = self.transport.get_write_buffer_size()
        give_up = partial(self._on_no_taker, before)
        self._deadlines.start("writing", self._limits.idle_timeout, give_up)

    def _on_no_taker(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch_writing()
        else:
            self.transport.abort()

    def _refusal_of(self, status: str) -> Refusal:
        """Describe the request whose head was being read, if any."""
        # Without a target the parser's method is no more than its default.
        if not (self._refusal or (self._in_head and self.url)):
            return Refusal(method="", target=b"", http_version="", headers=(), status=status)
        return Refusal(
            method=self.parser.get_method().decode("latin-1"),
            target=self.url,
            http_version=self.parser.get_http_version(),
            headers=tuple(self.headers),
            status=status,
        )

    def _end(self, status: str) -> None:
        """Answer without a request, and close the connection."""
        current = self._current
        if current is not None and current.response_started and not current.response_complete:
            # The answer would look like part of the unfinished response.
            self.transport.abort()
            return
        # A request whose body is malformed has reached the application.
        if self._refused is not None and (self._refusal or not self._in_body):
            self._refused(self._refusal_of(status))
        text = status.encode()
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%b" % (text, len(text), text)
        )
        self.transport.close()
