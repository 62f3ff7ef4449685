"""The access log: a line for each request."""

import json
from contextlib import suppress
from typing import Literal, TextIO

from musterd.recording.request import RecordedRequest

# The headers that matter to an answer, or tell clients apart.
_HEADERS = (
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "if-none-match",
    "transfer-encoding",
    "user-agent",
    "x-registry-auth",
)


Format = Literal["text", "json"]


class AccessLog:
    """Write a line for each request. An unwritable log does not fail requests."""

    def __init__(self, stream: TextIO, form: Format) -> None:
        self._stream = stream
        self._line = json_line if form == "json" else text_line

    def write(self, request: RecordedRequest) -> None:
        """Write the line of a request that is over."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{self._line(request)}\n")
            self._stream.flush()


def text_line(request: RecordedRequest) -> str:
    """Return a line for people: request, status, milliseconds, client, and problems."""
    status = "-" if request.status is None else request.status
    agent = request.headers.get("user-agent", "-")
    line = (
        f"{request.method or '-'} {request.target or '-'} {status} {_milliseconds(request)}ms "
        f'"{agent}"'
    )
    return _printable("; ".join([line, *request.problems]))


def json_line(request: RecordedRequest) -> str:
    """Return a JSON object in one line."""
    return json.dumps(
        {
            "method": request.method,
            "target": request.target,
            "version": request.api_version,
            "http": request.http_version,
            "headers": {
                name: request.headers[name] for name in _HEADERS if name in request.headers
            },
            "status": request.status,
            "milliseconds": _milliseconds(request),
            "problems": request.problems,
        }
    )


def _milliseconds(request: RecordedRequest) -> float:
    return round((request.duration or 0.0) * 1000, 1)


def _printable(text: str) -> str:
    """Escape what a client could use to forge lines, or to command a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
