"""Requests, responses and exchanges, as values.

Checks use only these: they neither open connections nor know how a response arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from muster.model.forgery import GENUINE, Forgery

SURROGATE = re.compile(rb"\\u[dD][89A-Fa-f]")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as sent.

    Attributes:
        target: The request target after the version segment, as sent: percent-encoded, with the
            query, e.g. `/images/json?all=1`.
        method: The HTTP method.
        version: The version segment, e.g. `/v9.99`, or empty for none; None means the API version
            being checked.
        headers: Names and values besides Host, User-Agent and Accept.
        body: The bytes of the body.
        forgery: Deliberate errors in its signature, if requests are signed.
        slow: The seconds that its response may take, if more than the usual limit.
        absolute: Whether to send the target in absolute form: with scheme and host in front.
    """

    target: str
    method: str = "GET"
    version: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    forgery: Forgery = GENUINE
    slow: float = 0.0
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """A response as received.

    Attributes:
        status: The HTTP status code.
        headers: By lower-case name; the last one of a repeated header.
        body: The bytes of the body, with the transfer coding undone.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters, in lower case; empty if the header is absent."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Parse the body as JSON.

        Raises:
            ValueError: If the body is not JSON in UTF-8, or has values that JSON in UTF-8 cannot
                hold: `NaN`, half a surrogate pair.
        """
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_no_number)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if SURROGATE.search(self.body):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value

    @property
    def is_server_error(self) -> bool:
        """Whether the status says that the server failed (500 or more)."""
        return self.status >= 500  # noqa: PLR2004 - RFC 9110, 15.6

    @property
    def is_error(self) -> bool:
        """Whether the status says that the request failed (400 or more)."""
        return self.status >= 400  # noqa: PLR2004 - RFC 9110, 15.5


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its result.

    Attributes:
        request: The request.
        response: The response; None if there was none.
        error: Why there was no response, in words; empty if there was one.
    """

    request: Request
    response: Response | None
    error: str = ""


class Sender(Protocol):
    """Sends a request; `muster.transport.Transport` is the main implementation."""

    def send(self, request: Request) -> Exchange:
        """Send *request* and return the exchange."""
        ...


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
