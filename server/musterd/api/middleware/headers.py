"""The headers of every response."""

import platform

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd import __version__
from musterd.contract import engines
from musterd.contract.engines import Engine

_OWN = {"server": f"Muster/{__version__} ({platform.system().lower()})"}
# Browsers must not interpret a response.
_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}


class ServerHeaders:
    """Add headers that identify the server, and that stop browsers from using a response."""

    def __init__(self, app: ASGIApp, engine: Engine = engines.ANY) -> None:
        self._app = app
        newest = {"api-version": str(engine.newest)} if engine.names_newest else {}
        headers = newest | dict(_OWN if engine.headers is None else engine.headers) | _SAFE
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
