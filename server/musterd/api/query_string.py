"""Query strings as Docker's daemons, written in Go, read them.

The contract's rules `query.*`; Go's ``net/url``.
"""

import re
from urllib.parse import unquote_plus

from musterd.errors import BadRequestError

#: Where the extensions of an ASGI scope have the parameters that its operation knows, decoded.
PARAMETERS = "musterd.parameters"

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


def first_values(query_string: bytes) -> dict[str, str]:
    """Return each parameter's first value, decoded; what is not UTF-8 becomes U+FFFD.

    Raises:
        BadRequestError: An escape is malformed, or there is a ``;``, which some servers take for
            ``&`` and others for a letter.
    """
    values: dict[str, str] = {}
    for pair in query_string.decode("latin-1").split("&"):
        if ";" in pair:
            raise BadRequestError("invalid semicolon separator in query")
        if pair:
            name, _, value = pair.partition("=")
            values.setdefault(_unescape(name), _unescape(value))
    return values


def all_values(query_string: bytes, name: str) -> list[str]:
    """Return every value of one parameter, in order; the query is one that `first_values` takes."""
    pairs = (pair.partition("=") for pair in query_string.decode("latin-1").split("&"))
    return [_unescape(value) for key, _, value in pairs if key and _unescape(key) == name]


def _unescape(text: str) -> str:
    if bad := _BAD_ESCAPE.search(text):
        raise BadRequestError(f'invalid URL escape "{bad[0]}"')
    # Octets outside ASCII came in as Latin-1; back to octets, so that UTF-8 can be read.
    return unquote_plus(text.encode("latin-1").decode("utf-8", "replace"), errors="replace")
