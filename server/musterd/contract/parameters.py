"""Values of query parameters as Docker's daemons, written in Go, read them.

The contract's rule `all.*`; moby v1.11.2 ``api/server/httputils/form.go:BoolValue``.
"""

_FALSE = frozenset({"", "0", "no", "false", "none"})


def truth(text: str) -> bool:
    """Tell whether a parameter's text means true: all do but five."""
    return text.strip().lower() not in _FALSE
