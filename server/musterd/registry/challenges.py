"""The header ``WWW-Authenticate``: how a registry wants to be told who asks.

RFC 9110, 11.6.1, and the distribution specification for tokens (distribution
``docs/spec/auth/token.md``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Characters; real ones have some hundred.
_LONGEST = 8192
_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z]+)(?:\s+|$)")
_PARAMETER = re.compile(r'\s*(?P<key>[A-Za-z_]+)="(?P<value>[^"]*)"\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge.

    Attributes:
        scheme: The scheme, in lower case: ``bearer``.
        parameters: The parameters, with keys in lower case: ``{"realm": "https://..."}``.
    """

    scheme: str
    parameters: Mapping[str, str]


def parse(text: str) -> Challenge | None:
    """Parse the first challenge of a header; None if it is malformed."""
    found = _SCHEME.match(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    parameters: dict[str, str] = {}
    place = found.end()
    while parameter := _PARAMETER.match(text, place):
        parameters.setdefault(parameter["key"].lower(), parameter["value"])
        place = parameter.end()
    return Challenge(found["scheme"].lower(), parameters)
