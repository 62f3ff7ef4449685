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
    """Apply departures to responses to GET, and to the names in requests that write."""

    def __init__(self, app: ASGIApp, departures: Sequence[Departure]) -> None:
        """Apply *departures* around *app*, the first one outermost."""
        self._app = app
        self._departures = departures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on a GET with an endless response unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] != "GET":
            await self._app(await self._resolved(scope), receive, send)
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

    async def _resolved(self, scope: Scope) -> Scope:
        """Return a request that writes with the names that the server has."""
        asking = {**scope, "method": "GET"}
        ask: Ask = partial(_ask, self._app, asking, _no_body)
        query = Query.of(scope["path"], scope["raw_path"], scope["query_string"])
        for departure in self._departures:
            if departure.resolve is not None:
                query = await departure.resolve(query, ask)
        return _changed(scope, query)


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _changed(scope: Scope, query: Query) -> Scope:
    """Return a request with the path and the parameters of *query*."""
    path = query.version + query.path
    return {
        **scope,
        "path": path,
        "raw_path": query.raw_path if path == scope["path"] else quote(path).encode(),
        "query_string": query.text.encode("latin-1"),
    }


async def _apply(departure: Departure, ask: Ask, query: Query) -> Answer:
    return await departure.apply(query, ask)


async def _ask(app: ASGIApp, scope: Scope, receive: Receive, query: Query) -> Answer:
    """Ask the server, and collect its response."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:  # ASGI awaits it
        messages.append(message)

    headers = [pair for pair in scope["headers"] if pair[0] not in _ASIDE]
    await app({**_changed(scope, query), "headers": headers}, receive, collect)
    start, *bodies = messages
    body = b"".join(message.get("body", b"") for message in bodies)
    return Answer(start["status"], dict(start["headers"]), body)
