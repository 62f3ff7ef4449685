"""Answers in the shapes that the API has for them."""

from starlette.responses import Response


def json_body(body: bytes) -> Response:
    """Return an answer with a JSON text that is encoded already."""
    return Response(body, media_type="application/json")


def error(status: int, message: str) -> Response:
    """Return an answer about something that went wrong: below API version 1.24 it is plain text.

    The newline is part of it (seen: Docker 1.11.2 and 20.10.24).
    """
    return Response(f"{message}\n", status, media_type="text/plain")


def page_not_found() -> Response:
    """Return the answer for a path, or a method at a path, that the API does not have."""
    return error(404, "404 page not found")


def bad_request() -> Response:
    """Return the answer to what is no proper HTTP; Go's server, below Docker's, words it so."""
    return Response("400 Bad Request", 400, media_type="text/plain")
