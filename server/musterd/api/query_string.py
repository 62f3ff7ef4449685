"""Parse query strings as Docker's daemons do.

The contract's rules `query.*`; Go's ``net/url``.
"""

import re
from urllib.parse import unquote_plus

from musterd.errors import QueryStringError

# The key of the operation's decoded parameters in the extensions of an ASGI scope.
PARAMETERS = "musterd.parameters"

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


def first_values(query_string: bytes) -> dict[str, str]:
    """Return each parameter's first value, decoded; bytes that are not UTF-8 become U+FFFD.

    Raises:
        QueryStringError: An escape is malformed, or there is a ``;``, which some servers treat as
            ``&`` and others as a literal character.
    """
    values: dict[str, str] = {}
    for pair in query_string.decode("latin-1").split("&"):
        if ";" in pair:
            raise QueryStringError("invalid semicolon separator in query")
        if pair:
            name, _, value = pair.partition("=")
            values.setdefault(_unescape(name), _unescape(value))
    return values


def all_values(query_string: bytes, name: str) -> list[str]:
    """Return all values of a parameter, in order, of a query that `first_values` accepts."""
    pairs = (pair.partition("=") for pair in query_string.decode("latin-1").split("&"))
    return [_unescape(value) for key, _, value in pairs if key and _unescape(key) == name]


def _unescape(text: str) -> str:
    if bad := _BAD_ESCAPE.search(text):
        raise QueryStringError(f'invalid URL escape "{bad[0]}"')
    # Bytes outside ASCII were decoded as Latin-1; undo that to decode them as UTF-8.
    return unquote_plus(text.encode("latin-1").decode("utf-8", "replace"), errors="replace")
