"""Removes credentials from records and reports; only this module knows where they can appear."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

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
SIGNATURE = re.compile(r"(?<=Signature=)[0-9a-f]{64}")
"""The signature in a header Authorization, valid until its date expires."""
SHORTEST = 6
"""Minimum length of values to remove from texts; shorter ones may occur by chance."""


def is_secret(name: str) -> bool:
    """Whether a header called *name* holds credentials, in requests or responses."""
    name = name.lower()
    return name in SECRET or name.startswith(SECRET_PREFIXES)


@dataclass(frozen=True, slots=True)
class Redaction:
    """What must not appear in any record.

    Attributes:
        given: Names and values of the headers that the user adds to every request.
        secrets: Other texts, such as the key that requests are signed with.
    """

    given: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()

    def headers(self, pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return *pairs* of names and values with credentials removed."""
        names = {name.lower() for name, _ in self.given}
        return tuple(
            (name, REDACTED if is_secret(name) or name.lower() in names else self.text(value))
            for name, value in pairs
        )

    def text(self, text: str) -> str:
        """Return *text* without the values of the user's headers, which a server may echo."""
        for value in self._values():
            text = text.replace(value, REDACTED)
        return SIGNATURE.sub(REDACTED, text)

    def _values(self) -> list[str]:
        """Full values, and the token alone after a scheme such as `Bearer`; longest first.

        Includes their forms in JSON and in URLs.
        """
        parts = {part for _, value in self.given for part in (value, value.rpartition(" ")[2])}
        values = {
            written
            for part in (*parts, *self.secrets)
            if len(part) >= SHORTEST
            for written in (part, json.dumps(part)[1:-1], quote(part, safe=""))
        }
        return sorted(values, key=len, reverse=True)


NOTHING = Redaction()
"""For runs without headers from the user."""
