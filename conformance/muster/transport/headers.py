"""Headers that the user adds to every request. Their values are secrets and never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from muster.errors import UsageError

VARIABLE = "MUSTER_HEADERS"
"""The environment variable with headers, one per line."""

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "te", "upgrade"})
"""Headers that the suite sets: the destination and the length of a request."""


def parse(texts: Iterable[str], environment: str = "") -> tuple[tuple[str, str], ...]:
    """Parse the names and values of headers.

    Args:
        texts: Options of the form `Name: value`.
        environment: Lines of the same form.

    Raises:
        UsageError: If one of them is not a header, or one that the suite sets itself.
    """
    given = [("--header", text) for text in texts]
    given += [(VARIABLE, line) for line in environment.splitlines() if line.strip()]
    return tuple(_header(where, text) for where, text in given)


def _header(where: str, text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not NAME.fullmatch(name):
        raise UsageError(f"{where}: write 'Name: value'; what was given is not repeated here")
    if not VALUE.fullmatch(value):
        raise UsageError(f"{where}: the value of {name} has characters that no header can have")
    if name.lower() in OURS:
        raise UsageError(f"{where}: muster sets {name} itself")
    return name, value
