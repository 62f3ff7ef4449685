"""A recorded request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from musterd.recording import problems
from musterd.recording.problems import Target

# Headers whose values are secrets; their records show only that they were there.
_SECRET = frozenset(
    {"authorization", "cookie", "proxy-authorization", "x-registry-auth", "x-registry-config"}
)
_HIDDEN = "(hidden)"


@dataclass
class RecordedRequest:
    """A request as the server received it, and its outcome.

    Attributes:
        method: The method; empty if the request was too malformed to have one.
        target: The request target as sent: ``/v1.43/images/json?all=1``.
        headers: The headers, with names in lower case; values of a repeated one are joined with
            commas, and secrets are hidden.
        http_version: The version of HTTP: ``1.1``.
        status: The status of the response; None as long as there is none.
        duration: Seconds from the complete head of the request to the last byte of the response;
            None until then.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    http_version: str = "1.1"
    status: int | None = None
    duration: float | None = None

    @property
    def path(self) -> str:
        """The path without API version and query: ``/images/json``."""
        return self._parsed.path

    @property
    def api_version(self) -> str | None:
        """The API version in the target: ``1.43``; None if there is none."""
        return self._parsed.version

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The decoded values of each query parameter, in order."""
        return self._parsed.query

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """How the request departs from the contract of its API version; empty if it conforms.

        The server answers many of these requests nevertheless, as daemons do.
        """
        return problems.find(self.method, self._parsed, self.headers, self.http_version)

    @cached_property
    def _parsed(self) -> Target:
        return Target.parse(self.target)

    def __str__(self) -> str:
        """Return the request line, the status, and the problems."""
        line = f"{self.method or '(malformed request)'} {self.target}".rstrip()
        shown = f"{line}: {'no answer' if self.status is None else self.status}"
        return "\n  ".join([shown, *self.problems])


def shown_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return ASGI headers for a record."""
    shown: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        value = _HIDDEN if name in _SECRET else value
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown
