"""Answers in the shapes that the API has for them."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from musterd.api import content_coding
from musterd.contract.models import ErrorResponse
from musterd.contract.rules import Rules

#: Where the first message of a `ListingResponse` says what revision of the catalogue it shows.
REVISION = "musterd.revision"


class ListingResponse(Response):
    """A listing that is the same each time it is asked for, until the catalogue changes."""

    def __init__(self, pieces: Sequence[bytes], revision: int) -> None:
        """Take the JSON text, in as many pieces as it has come in, and what revision it shows."""
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
        """Send it."""
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
    """Return the messages that carry a body, of which there is at least one piece."""
    last = len(pieces) - 1
    return [
        {"type": "http.response.body", "body": piece, "more_body": number < last}
        for number, piece in enumerate(pieces)
    ]


#: What a client is told of the server's own faults: nothing that only its operator should know.
INTERNAL = "internal error; the server's log says more"


def json_body(body: bytes) -> Response:
    """Return an answer with a JSON text that is encoded already."""
    return Response(body, media_type="application/json")


def error(status: int, message: str, rules: Rules) -> Response:
    """Return an answer about something that went wrong: text below API version 1.24, then JSON.

    The newline is part of it (seen: Docker 1.11.2, 20.10.24 and 29.7).
    """
    if rules.json_errors:
        body = msgspec.json.encode(ErrorResponse(message=message)) + b"\n"
        return Response(body, status, media_type="application/json")
    return Response(f"{message}\n", status, media_type="text/plain")


def page_not_found(rules: Rules) -> Response:
    """Return the answer for a path, or a method at a path, that the API does not have."""
    return error(404, rules.page_not_found, rules)


def bad_request() -> Response:
    """Return the answer to what is no proper HTTP; Go's server, below Docker's, words it so."""
    return Response("400 Bad Request", 400, media_type="text/plain")
