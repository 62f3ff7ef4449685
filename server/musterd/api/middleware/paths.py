"""Paths of requests: cleaning them, and taking the API version off.

Seen: Docker 1.11.2; moby v1.11.2 ``api/server/server.go`` and gorilla/mux below it.
"""

import posixpath
import re

from musterd.contract.versions import NEWEST, ApiVersion

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_VERSIONED = re.compile(r"/v([0-9.]+)(/.*)", re.DOTALL)


def is_malformed(raw_path: bytes) -> bool:
    """Tell whether a path, as sent, has an escape that stands for no octet."""
    return _BAD_ESCAPE.search(raw_path) is not None


def clean(path: str) -> str:
    """Return *path* without empty, ``.`` and ``..`` segments; a slash at the end stays."""
    cleaned = posixpath.normpath(f"/{path.lstrip('/')}")
    return cleaned if cleaned == "/" or not path.endswith("/") else f"{cleaned}/"


def split_version(path: str) -> tuple[ApiVersion, str]:
    """Split a path into the API version, the newest if it names none, and the rest."""
    found = _VERSIONED.fullmatch(path)
    return (ApiVersion(found[1]), found[2]) if found else (NEWEST, path)


def may_exist(path: str) -> bool:
    """Tell whether the contract could have *path*, before a router reads it more generously.

    Starlette would redirect where a slash is too much, and overlook a newline at the end.
    """
    return not path.endswith(("/", "\n"))
