"""The registries that may be asked: those that the operator named, and nobody else.

A client of musterd chooses the name of an image, and a registry where to redirect and where to get
tokens. Neither can make musterd send a request to a host that the operator did not name. A named
host is asked over TLS, or over plain HTTP if it is this machine.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from musterd.errors import ServeError

# Docker Hub's name in image names, and the hosts that it consists of.
_HUB = "docker.io"
_HUB_HOSTS = ("registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com")
_HOST = re.compile(
    r"(?:(?P<scheme>https?)://)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)
_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65535

# The scheme, the host and the port of a URL.
Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """The address of a registry.

    Attributes:
        name: The address as it stands in image names: ``127.0.0.1:5000``.
        url: The URL to ask, without a slash at its end: ``http://127.0.0.1:5000``.
    """

    name: str
    url: str

    @classmethod
    def parse(cls, text: str) -> "RegistryAddress":
        """Parse ``HOST[:PORT]``.

        Raises:
            ServeError: It is no such address, or would be asked over plain HTTP though it is not
                on this machine.
        """
        found = _HOST.fullmatch(text)
        if found is None or int(found["port"] or 0) > _HIGHEST_PORT:
            raise ServeError(f"{text!r} is no registry; write HOST or HOST:PORT")
        host = found["host"].lower()
        scheme = found["scheme"] or ("http" if _is_loopback(host) else "https")
        if scheme == "http" and not _is_loopback(host):
            raise ServeError(
                f"{text!r}: registries on other machines are asked over TLS only; leave out http://"
            )
        name = host if found["port"] is None else f"{host}:{found['port']}"
        asked = name if name != _HUB else _HUB_HOSTS[0]
        return cls(name, f"{scheme}://{asked}")


class Registries:
    """The registries that may be asked."""

    def __init__(self, addresses: Iterable[RegistryAddress] = ()) -> None:
        self._addresses = {address.name: address for address in addresses}
        self._origins = {origin(address.url) for address in self._addresses.values()}
        if _HUB in self._addresses:
            self._origins |= {origin(f"https://{host}") for host in _HUB_HOSTS}

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._addresses)

    def of(self, repository: str) -> RegistryAddress | None:
        """Return the registry of a repository, given in full; None if it may not be asked."""
        return self._addresses.get(repository.partition("/")[0].lower())

    def allow(self, url: str) -> bool:
        """Tell whether a URL is one of a named registry."""
        return origin(url) in self._origins


def origin(url: str) -> Origin | None:
    """Return the origin of a URL; None if it is no HTTP URL, or has a user's name in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
