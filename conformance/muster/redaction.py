"""Keeps credentials out of records and reports: the one place that knows where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

REDACTED = "(redacted)"
SECRET = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-registry-auth",
        "x-registry-config",
    }
)
"""Headers whose values are credentials, in lower case."""
SECRET_PREFIXES = ("x-hyper-",)
"""Hyper signs requests with headers of this family."""
SHORTEST = 6
"""Characters from which on a value is looked for in texts; shorter ones stand there by chance."""


def is_secret(name: str) -> bool:
    """Whether a header called *name* holds credentials, whoever sends it."""
    name = name.lower()
    return name in SECRET or name.startswith(SECRET_PREFIXES)


@dataclass(frozen=True, slots=True)
class Redaction:
    """What must stand in no record.

    Attributes:
        given: names and values of the headers that the user has sent with every request.
    """

    given: tuple[tuple[str, str], ...] = ()

    def headers(self, pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """*pairs* of names and values, without the values that are credentials."""
        names = {name.lower() for name, _ in self.given}
        return tuple(
            (name, REDACTED if is_secret(name) or name.lower() in names else self.text(value))
            for name, value in pairs
        )

    def text(self, text: str) -> str:
        """*text* without the values of the user's headers, which a server may repeat."""
        for value in self._values():
            text = text.replace(value, REDACTED)
        return text

    def _values(self) -> list[str]:
        """Whole values, and behind a scheme such as `Bearer` the token alone; longest first."""
        values = {part for _, value in self.given for part in (value, value.rpartition(" ")[2])}
        return sorted((value for value in values if len(value) >= SHORTEST), key=len, reverse=True)


NOTHING = Redaction()
"""For runs in which the user gave no header."""
