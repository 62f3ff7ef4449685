"""Responses in the formats of the API."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from musterd.api import content_coding
from musterd.contract.models import ErrorResponse
from musterd.contract.rules import Rules

# The key of the revision in the first ASGI message of a `ListingResponse`.
REVISION = "musterd.revision"


class ListingResponse(Response):
    """A listing that stays the same until the catalogue changes."""

    def __init__(self, pieces: Sequence[bytes], revision: int) -> None:
        """Create a response from the pieces of its JSON text and the revision that they show."""
        super().__init__(
            media_type="application/json",
            headers={
                "Content-Length": str(sum(map(len, pieces))),
                "ETag": content_coding.entity_tag(pieces).decode(),
                "Cache-Control": "private, no-cache",
                "Vary": "Accept-Encoding",
            },
        )
        self._bodies = bodies(pieces)
        self._revision = revision

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the response."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
                REVISION: self._revision,
            }
        )
        for message in self._bodies:
            await send(message)


def bodies(pieces: Sequence[bytes]) -> list[Message]:
    """Return the ASGI messages for a body of at least one piece."""
    last = len(pieces) - 1
    return [
        {"type": "http.response.body", "body": piece, "more_body": number < last}
        for number, piece in enumerate(pieces)
    ]


# The message for internal errors; details are only for the server's operator.
INTERNAL = "internal error; the server's log says more"


def json_body(body: bytes) -> Response:
    """Return a response with an encoded JSON text."""
    return Response(body, media_type="application/json")


def pong() -> Response:
    """Return the response that says that the server is up."""
    return Response("OK", media_type="text/plain")


def error(status: int, message: str, rules: Rules) -> Response:
    """Return an error response: plain text below API version 1.24, JSON from then on.

    The body ends with a newline (seen: Docker 1.11.2, 20.10.24 and 29.7).
    """
    if rules.json_errors:
        body = msgspec.json.encode(ErrorResponse(message=message)) + b"\n"
        return Response(body, status, media_type="application/json")
    return Response(f"{message}\n", status, media_type="text/plain")


def failed_progress(message: str) -> Response:
    """Return the response of a daemon that had begun to report progress when it failed.

    The status says nothing of it (moby v1.11.2 and v28.5.2 api/server/router/image/image_routes.go,
    postImagesLoad; seen: Docker 20.10.24 and 28.5.2).
    """
    body = msgspec.json.encode({"errorDetail": {"message": message}, "error": message})
    return json_body(body + b"\r\n")


def page_not_found(rules: Rules) -> Response:
    """Return the response for an unknown path, or an unknown method at a path."""
    return error(404, rules.page_not_found, rules)


def bad_request() -> Response:
    """Return the response to malformed HTTP, in the words of Go's HTTP server."""
    return Response("400 Bad Request", 400, media_type="text/plain")
