"""Parse query parameters the way Docker's daemons do.

The contract's rule `all.*`; moby v1.11.2 ``api/server/httputils/form.go:BoolValue``.
"""

_FALSE = frozenset({"", "0", "no", "false", "none"})


def truth(text: str) -> bool:
    """Parse a boolean parameter: every text is true except five."""
    return text.strip().lower() not in _FALSE
