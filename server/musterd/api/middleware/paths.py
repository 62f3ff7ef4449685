"""Clean request paths like Go's router.

Seen: Docker 1.11.2; moby v1.11.2 ``api/server/server.go``, which uses gorilla/mux.
"""

import posixpath
import re

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def is_malformed(raw_path: bytes) -> bool:
    """Tell whether a raw path contains a malformed escape."""
    return _BAD_ESCAPE.search(raw_path) is not None


def clean(path: str) -> str:
    """Return *path* without empty, ``.`` and ``..`` segments; keep a trailing slash."""
    cleaned = posixpath.normpath(f"/{path.lstrip('/')}")
    return cleaned if cleaned == "/" or not path.endswith("/") else f"{cleaned}/"


def may_exist(path: str) -> bool:
    """Tell whether *path* can match one of the contract, before a more lenient router sees it.

    Starlette would redirect a path with an extra slash, and ignore a newline at the end.
    """
    return not path.endswith(("/", "\n"))
