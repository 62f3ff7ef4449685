"""A minimal server: it sends the bytes of a file in response to every request.

Usage: python -m benchmarks.bare {starlette,asgi} FILE PORT
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.questions import LISTING


def starlette(body: bytes) -> ASGIApp:
    """Return a typical hand-written application."""

    async def listing(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route(LISTING, listing)])


def asgi(body: bytes) -> ASGIApp:
    """Return the smallest possible application."""
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
    ]

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app


def main() -> None:
    """Serve until SIGTERM."""
    kind, file, port = sys.argv[1:]
    app = {"starlette": starlette, "asgi": asgi}[kind](Path(file).read_bytes())
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
