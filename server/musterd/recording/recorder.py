"""ASGI middleware that records every request."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.http.refusals import Refusal
from musterd.recording.request import RecordedRequest, shown_headers

# Listeners: called when a request starts and when it ends.
Listener = Callable[[RecordedRequest], None]


class RequestRecorder:
    """Record every request and its outcome.

    A record is complete before the client has the last byte of its response.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        begun: Listener = lambda _: None,
        ended: Listener = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create the middleware.

        Args:
            app: The application.
            begun: Called with each request when it arrives.
            ended: Called with each request when it is over, answered or not.
            clock: Returns seconds.
        """
        self._app = app
        self._begun = begun
        self._ended = ended
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = self._clock()
        record = _record(scope)
        self._begun(record)

        def end() -> None:
            if record.duration is None:
                record.duration = self._clock() - start
                self._ended(record)

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            elif not message.get("more_body", False):
                end()
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            end()


def refused(refusal: Refusal) -> RecordedRequest:
    """Return the record of a request that the HTTP protocol has refused."""
    return RecordedRequest(
        refusal.method,
        refusal.target.decode("latin-1"),
        shown_headers(refusal.headers),
        refusal.http_version,
        int(refusal.status.partition(" ")[0]),
        0.0,
    )


def _record(scope: Scope) -> RecordedRequest:
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    return RecordedRequest(
        scope["method"], target, shown_headers(scope["headers"]), scope["http_version"]
    )
