"""Serve each address with an application of its own."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

# In the state of an ASGI scope: the place of the address among those that the server listens on.
LISTENER = "musterd.listener"


class ByListener:
    """An application for each address, with one lifespan."""

    def __init__(self, apps: Sequence[ASGIApp]) -> None:
        """Take the applications in the order of the addresses; the lifespan is the first one's."""
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the lifespan."""
        place = 0 if scope["type"] == "lifespan" else scope["state"][LISTENER]
        await self._apps[place](scope, receive, send)
