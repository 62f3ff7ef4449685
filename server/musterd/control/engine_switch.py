"""Change the engine that a running server imitates."""

from collections.abc import Callable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.departures.imitation import Imitation

# Tests go back and forth between a few engines. To build an application, and the operations of an
# API version when it is first asked for, takes as long as many requests.
_KEPT = 8


class EngineSwitch:
    """The application of the current engine, which any thread may change.

    Attributes:
        imitation: What the server imitates now.
    """

    def __init__(self, build: Callable[[Imitation], ASGIApp], imitation: Imitation) -> None:
        """Start with an engine.

        Args:
            build: Returns the application of an engine. All of them share their lifespan: only the
                first one gets it.
            imitation: What to imitate first.

        Raises:
            ServeError: There is no such engine or departure, or a version is invalid.
        """
        self._build = lru_cache(_KEPT)(build)
        self._first = self._now = self._build(imitation)
        self.imitation = imitation

    def imitate(self, imitation: Imitation) -> None:
        """Answer all requests that arrive from now on as another engine.

        Raises:
            ServeError: As for a new server; the engine is the same as before.
        """
        self._now = self._build(imitation)
        self.imitation = imitation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the lifespan."""
        app = self._first if scope["type"] == "lifespan" else self._now
        await app(scope, receive, send)
