"""Paths of requests, cleaned as Go's router cleans them.

Seen: Docker 1.11.2; moby v1.11.2 ``api/server/server.go`` and gorilla/mux below it.
"""

import posixpath
import re

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def is_malformed(raw_path: bytes) -> bool:
    """Tell whether a path, as sent, has an escape that stands for no octet."""
    return _BAD_ESCAPE.search(raw_path) is not None


def clean(path: str) -> str:
    """Return *path* without empty, ``.`` and ``..`` segments; a slash at the end stays."""
    cleaned = posixpath.normpath(f"/{path.lstrip('/')}")
    return cleaned if cleaned == "/" or not path.endswith("/") else f"{cleaned}/"


def may_exist(path: str) -> bool:
    """Tell whether the contract could have *path*, before a router reads it more generously.

    Starlette would redirect where a slash is too much, and overlook a newline at the end.
    """
    return not path.endswith(("/", "\n"))
