"""Requests, answers and the pairs of both, as values.

Checks are written on these alone: they neither open connections nor know how an answer came.
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
    """A request as it goes over the wire.

    Attributes:
        target: The request target behind the version segment, as sent: percent-encoded, with the
            query, e.g. `/images/json?all=1`.
        method: The HTTP method.
        version: The version segment, e.g. `/v9.99`, or nothing; None means that of the API version
            which is being checked.
        headers: Names and values besides Host, User-Agent and Accept.
        body: The bytes of the body.
        forgery: What is wrong on purpose with its signature, where requests are signed.
        slow: The seconds that its answer may take where that is more than any answer may.
    """

    target: str
    method: str = "GET"
    version: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    forgery: Forgery = GENUINE
    slow: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it came.

    Attributes:
        status: The HTTP status code.
        headers: With lower-case names; of a repeated header, the last.
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
        """Return the body as JSON.

        Raises:
            ValueError: If the body is not JSON in UTF-8, or holds what no JSON can hold in UTF-8:
                `NaN`, half a surrogate pair.
        """
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_no_number)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if SURROGATE.search(self.body):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value

    @property
    def is_error(self) -> bool:
        """Whether the status says that the request failed (400 or more)."""
        return self.status >= 400  # noqa: PLR2004 - RFC 9110, 15.5


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it.

    Attributes:
        request: What was asked.
        response: The answer; None if there was none.
        error: Why there was no answer, in words; empty if there was one.
    """

    request: Request
    response: Response | None
    error: str = ""


class Sender(Protocol):
    """Sends a request; `muster.transport.Transport` does."""

    def send(self, request: Request) -> Exchange:
        """Send *request* and return what came of it."""
        ...


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
