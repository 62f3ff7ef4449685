"""Answers in the shapes that the API has for them."""

import msgspec
from starlette.responses import Response

from musterd.models import ErrorResponse
from musterd.rules import Rules


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
