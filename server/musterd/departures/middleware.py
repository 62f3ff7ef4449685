"""Apply departures to requests and responses, around the whole server."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.departures.exchange import Answer, Ask, Departure, Query

# Request headers removed so that the response is complete and not encoded.
_ASIDE = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
# These describe the body before it was changed.
_STALE = frozenset({b"content-length", b"etag", b"vary", b"cache-control"})


class Departing:
    """Apply departures to responses to GET."""

    def __init__(self, app: ASGIApp, departures: Sequence[Departure]) -> None:
        """Apply *departures* around *app*, the first one outermost."""
        self._app = app
        self._departures = departures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but a GET with a finite response unchanged."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        query = Query.of(scope["path"], scope["raw_path"], scope["query_string"])
        if query.is_endless:
            await self._app(scope, receive, send)
            return
        ask: Ask = partial(_ask, self._app, scope, receive)
        for departure in reversed(self._departures):
            ask = partial(_apply, departure, ask)
        answer = await ask(query)
        headers = [pair for pair in answer.headers.items() if pair[0] not in _STALE]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


async def _apply(departure: Departure, ask: Ask, query: Query) -> Answer:
    return await departure.apply(query, ask)


async def _ask(app: ASGIApp, scope: Scope, receive: Receive, query: Query) -> Answer:
    """Ask the server, and collect its response."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:  # ASGI awaits it
        messages.append(message)

    path = query.version + query.path
    changed = {
        **scope,
        "path": path,
        "raw_path": query.raw_path if path == scope["path"] else quote(path).encode(),
        "query_string": query.text.encode("latin-1"),
        "headers": [pair for pair in scope["headers"] if pair[0] not in _ASIDE],
    }
    await app(changed, receive, collect)
    start, *bodies = messages
    body = b"".join(message.get("body", b"") for message in bodies)
    return Answer(start["status"], dict(start["headers"]), body)
