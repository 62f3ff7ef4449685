"""Image references as the daemons parse them, as far as the rules of `filter` need it.

Sources: moby v1.11.2 `reference/reference.go` (ParseNamed), v20.10 `vendor/github.com/docker/
distribution/reference` (FamiliarName, FamiliarString).
"""

from __future__ import annotations

import re
from functools import lru_cache

DOMAIN_COMPONENT = r"(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
DOMAIN = rf"{DOMAIN_COMPONENT}(?:\.{DOMAIN_COMPONENT})*(?::[0-9]+)?"
NAME_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
NAME = rf"(?:{DOMAIN}/)?{NAME_COMPONENT}(?:/{NAME_COMPONENT})*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
TAGGED = re.compile(rf"({NAME}):({TAG})")


@lru_cache(maxsize=4096)
def repository(reference: str) -> str:
    """Return the repository of *reference*: the part before the tag or the digest.

    >>> repository("localhost:5000/test/busybox:latest")
    'localhost:5000/test/busybox'
    >>> repository("localhost:5000/test/busybox@sha256:cbbf")
    'localhost:5000/test/busybox'
    """
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def is_tagged(text: str) -> bool:
    """Whether *text* is a repository with a tag, so that `filter` compares the whole of it.

    >>> is_tagged("localhost:5000/busybox"), is_tagged("busybox:latest"), is_tagged("busybox:*")
    (False, True, False)
    """
    return TAGGED.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def canonical(reference: str) -> str:
    """Return *reference* with the registry and the `library/` that Docker leaves out.

    >>> canonical("busybox:1"), canonical("user/tools:2"), canonical("localhost:5000/x:1")
    ('docker.io/library/busybox:1', 'docker.io/user/tools:2', 'localhost:5000/x:1')
    """
    first, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    registry = first == "localhost" or "." in first or ":" in first
    return reference if registry else f"docker.io/{reference}"
