"""Requests that the HTTP protocol refuses, so that they never reach the application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refused request, as far as it was understood.

    Attributes:
        method: The method; empty if unknown.
        target: The request target; empty if unknown.
        http_version: The version of HTTP: ``1.1``.
        headers: The headers received so far, with names in lower case.
        status: The status of the response, with its reason: ``400 Bad Request``.
    """

    method: str
    target: bytes
    http_version: str
    headers: Sequence[tuple[bytes, bytes]]
    status: str


# Called with each refused request, before the client gets the response.
Refused = Callable[[Refusal], None]
