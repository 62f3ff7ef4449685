"""The address of the server under test, as users write it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from muster.errors import UsageError
from muster.transport.tls import ClientTls

FORMS = "host:port, http://host:port, https://host:port, /path/to.sock or unix:///path/to.sock"
DEFAULT_SOCKET = "unix:///var/run/docker.sock"
DEFAULT_PORTS = {"http": 80, "https": 443, "tcp": 2375}
PATH_CHARACTERS = "/%:@!$&'()*+,;="
USER = re.compile(r"//[^/]*@")
"""The user in an address, often with a password, which messages must not show."""
HOST_AND_PORT = re.compile(r"(\[[^\]/]*\]|[^:/\[\]]*):\d+(/.*)?")
"""An address without scheme, which Docker reads as TCP."""

VERSION_SEGMENT = re.compile(r"/v(\d+\.\d+)$")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server is.

    Attributes:
        scheme: `http`, `https` or `unix`.
        host: Host name or address; empty for unix sockets.
        port: TCP port; 0 for unix sockets.
        socket: Path of the unix socket; empty for TCP.
        base: Path before the version segment, without trailing slash; mostly empty.
        version: API version in the address (`.../v1.23`), else None.
        tls: TLS settings, if a Docker context provides them.
    """

    scheme: str
    host: str = ""
    port: int = 0
    socket: str = ""
    base: str = ""
    version: str | None = None
    tls: ClientTls | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Return the address, without version."""
        if self.scheme == "unix":
            return f"unix://{self.socket}"
        return f"{self.scheme}://{self.authority}{self.base}"

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        if self.scheme == "unix":
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def complete(text: str) -> str:
    """Return the address *text* with the parts that Docker lets users omit.

    `host:port` means TCP. A path that begins with `/`, `./`, `../` or `~` is a unix socket.
    `unix://` alone is Docker's own socket, and the default host of `tcp://` is this machine.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        if text.startswith(("/", "./", "../", "~/")):
            return f"unix://{Path(text).expanduser().absolute()}"
        return complete(f"tcp://{text}") if HOST_AND_PORT.fullmatch(text) else text
    if scheme == "unix" and not rest:
        return DEFAULT_SOCKET
    return f"tcp://localhost{rest}" if scheme == "tcp" and rest[:1] in ("", ":", "/") else text


def parse_target(text: str, *, tls: bool = False) -> Target:
    """Parse a target's address.

    Args:
        text: `http://host:port`, `https://...`, `tcp://host:port` (which Docker uses for either),
            each with an optional path and `/v1.NN`, or `unix:///path/to.sock`; or a short form of
            these, see `complete`.
        tls: Whether `tcp://` means HTTPS.

    Raises:
        UsageError: If *text* is none of these; the message says which part is wrong.
    """
    shown = USER.sub("//...@", text)
    text = complete(text)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:
        raise UsageError(f"{shown!r} is not an address: {error}. Write {FORMS}.") from error
    if parts.scheme == "unix" and "://" in text and not parts.query and not parts.fragment:
        return _unix(shown, parts.netloc, parts.path)
    wrong = _wrong(text, parts, host)
    if wrong:
        raise UsageError(f"{shown!r} {wrong}. Write {FORMS}.")
    path = parts.path.rstrip("/")
    versioned = VERSION_SEGMENT.search(path)
    over_tcp = "https" if tls else "http"
    return Target(
        scheme=over_tcp if parts.scheme == "tcp" else parts.scheme,
        host=host,
        port=DEFAULT_PORTS[parts.scheme] if port is None else port,
        base=path[: versioned.start()] if versioned else path,
        version=versioned[1] if versioned else None,
    )


def _wrong(text: str, parts: SplitResult, host: str) -> str:
    """Return what is wrong with the address *text*, split into *parts*; empty if nothing."""
    path = parts.path.rstrip("/")
    problems = {
        "lacks a scheme": "://" not in text,
        f"has the scheme {parts.scheme!r}, which muster does not speak{_forward(parts.scheme)}": (
            parts.scheme not in (*DEFAULT_PORTS, "unix")
        ),
        "has a query or fragment, but a target is a server": bool(parts.query or parts.fragment),
        "names no host": not host,
        "names a user, which would not be sent": parts.username is not None,
        "has a path that is not percent-encoded": quote(path, safe=PATH_CHARACTERS) != path,
    }
    return next((problem for problem, found in problems.items() if found), "")


def _forward(scheme: str) -> str:
    """Return advice on another way to reach a server at an address of *scheme*; may be empty."""
    if scheme != "ssh":
        return ""
    return (
        "; forward the socket, `ssh -N -L /tmp/docker.sock:/var/run/docker.sock HOST`, "
        "and check /tmp/docker.sock"
    )


def _unix(text: str, authority: str, path: str) -> Target:
    if authority or not path.strip("/"):
        raise UsageError(
            f"{text!r} names no unix socket: write unix:///path/to.sock, with three slashes."
        )
    return Target(scheme="unix", socket=path)
