"""The address of a server under test, as users write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from muster.errors import UsageError

FORMS = "http://host:port, https://host:port, tcp://host:port or unix:///path/to.sock"
DEFAULT_PORTS = {"http": 80, "https": 443, "tcp": 2375}
PATH_CHARACTERS = "/%:@!$&'()*+,;="
USER = re.compile(r"//[^/]*@")
"""Whom an address names: often with a password, which no message shall have."""
VERSION_SEGMENT = re.compile(r"/v(\d+\.\d+)$")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server is.

    Attributes:
        scheme: `http`, `https` or `unix`.
        host: host name or address; empty for unix sockets.
        port: TCP port; 0 for unix sockets.
        socket: path of the unix socket; empty for TCP.
        base: path before the version segment, without trailing slash; mostly empty.
        version: API version that the address itself names (`.../v1.23`), else None.
    """

    scheme: str
    host: str = ""
    port: int = 0
    socket: str = ""
    base: str = ""
    version: str | None = None

    def __str__(self) -> str:
        """The address, without version."""
        if self.scheme == "unix":
            return f"unix://{self.socket}"
        return f"{self.scheme}://{self.authority}{self.base}"

    @property
    def authority(self) -> str:
        """What the Host header says."""
        if self.scheme == "unix":
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(text: str, *, tls: bool = False) -> Target:
    """Read a target's address.

    Args:
        text: `http://host:port`, `https://...`, `tcp://host:port` (as Docker writes either),
            each with an optional path and `/v1.NN`, or `unix:///path/to.sock`.
        tls: whether `tcp://` means HTTPS.

    Raises:
        UsageError: if *text* is none of these; the message says which part is wrong.
    """
    shown = USER.sub("//...@", text)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as e:
        raise UsageError(f"{shown!r} is not an address: {e}. Write {FORMS}.") from e
    if "://" not in text:
        raise UsageError(f"{shown!r} lacks a scheme. Write {FORMS}.")
    if parts.scheme not in (*DEFAULT_PORTS, "unix"):
        raise UsageError(
            f"{shown!r} has the scheme {parts.scheme!r}, which is not served. Write {FORMS}."
        )
    if parts.query or parts.fragment:
        raise UsageError(f"{shown!r} has a query or fragment. A target is a server: write {FORMS}.")
    if parts.scheme == "unix":
        return _unix(shown, parts.netloc, parts.path)
    if not host:
        raise UsageError(f"{shown!r} names no host. Write {FORMS}.")
    if parts.username is not None:
        raise UsageError(f"{shown!r} names a user, which would not be sent. Write {FORMS}.")
    path = parts.path.rstrip("/")
    if quote(path, safe=PATH_CHARACTERS) != path:
        raise UsageError(f"{shown!r} has a path that is not percent-encoded. Write {FORMS}.")
    versioned = VERSION_SEGMENT.search(path)
    over_tcp = "https" if tls else "http"
    return Target(
        scheme=over_tcp if parts.scheme == "tcp" else parts.scheme,
        host=host,
        port=DEFAULT_PORTS[parts.scheme] if port is None else port,
        base=path[: versioned.start()] if versioned else path,
        version=versioned[1] if versioned else None,
    )


def _unix(text: str, authority: str, path: str) -> Target:
    if authority or not path.strip("/"):
        raise UsageError(
            f"{text!r} names no unix socket: write unix:///path/to.sock, with three slashes."
        )
    return Target(scheme="unix", socket=path)
