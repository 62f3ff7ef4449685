"""Answer each request with the operations of the document of its API version.

The application for a document is built on the first request for its version, as it takes as long as
a thousand requests, and most clients ask for one version only.
"""

import gc
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.contract import engines
from musterd.contract.engines import Engine

Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


class Documents:
    """The innermost ASGI application: the operations of all documents."""

    def __init__(
        self,
        build: Callable[[str], ASGIApp],
        lifespan: Lifespan,
        engine: Engine = engines.ANY,
    ) -> None:
        """Create the application.

        Args:
            build: Builds the application for the document of a version.
            lifespan: Surrounds the time in which requests are answered.
            engine: Says which document describes a version.
        """
        self._engine = engine
        self._build = build
        self._built: dict[str, ASGIApp] = {}
        self._lifespan = Router(lifespan=lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the lifespan."""
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        version = self._engine.documented(scope["extensions"]["connexion_context"]["version"])
        app = self._built.get(version)
        if app is None:
            app = self._built[version] = self._build(version)
            _keep_from_garbage_collection()
        await app(scope, receive, send)


def _keep_from_garbage_collection() -> None:
    """Exclude what was built from garbage collection, if the server has done so before."""
    if gc.get_freeze_count():
        gc.freeze()
