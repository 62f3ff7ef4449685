"""Addresses to listen on: their text, and binding sockets to them."""

import contextlib
import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from musterd.errors import AddressError

#: Docker's own port for connections without TLS.
DEFAULT_PORT = 2375

_FORMS = "write tcp://HOST:PORT or unix:///PATH"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host and a port, on which clients connect over TCP; port 0 stands for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The path of a Unix socket."""

    path: Path

    def __str__(self) -> str:
        """Return the address as clients write it."""
        return f"unix://{self.path}"


Address = TcpAddress | UnixAddress


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket that accepts connections, and the address to give to clients.

    Attributes:
        inode: The one of the file of a Unix socket.
    """

    address: Address
    socket: socket.socket
    inode: int | None = None

    def remove_file(self) -> None:
        """Remove the file of a Unix socket, unless another server's is in its place by now."""
        if isinstance(self.address, UnixAddress):
            with contextlib.suppress(FileNotFoundError):
                if self.address.path.stat().st_ino == self.inode:
                    self.address.path.unlink()


def parse(text: str) -> Address:
    """Read an address such as ``tcp://127.0.0.1:2375`` or ``unix:///run/musterd.sock``.

    Raises:
        AddressError: It is neither.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"cannot listen on {text}: {error}; {_FORMS}") from None
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return UnixAddress(Path(text.removeprefix("unix://")))
    if parts.scheme == "tcp" and parts.hostname and parts.path in ("", "/"):
        return TcpAddress(parts.hostname, DEFAULT_PORT if port is None else port)
    raise AddressError(f"cannot listen on {text}: {_FORMS}")


def is_local(address: Address) -> bool:
    """Tell whether only this machine can connect there.

    Raises:
        AddressError: It is the name of no host.
    """
    if isinstance(address, UnixAddress):
        return True
    try:
        *_, where = _resolve(address)
    except OSError as error:
        raise AddressError(f"cannot listen on {address}: {_reason(error)}") from error
    return ipaddress.ip_address(str(where[0]).partition("%")[0]).is_loopback


@contextlib.contextmanager
def listen(address: Address) -> Iterator[Listener]:
    """Bind a socket to *address*; afterwards close it, and remove the file of a Unix socket.

    Raises:
        AddressError: Another process listens there, or the address cannot be bound.
    """
    try:
        bound = _bind_tcp(address) if isinstance(address, TcpAddress) else _bind_unix(address)
    except OSError as error:
        raise AddressError(f"cannot listen on {address}: {_reason(error)}") from error
    with bound.socket:
        try:
            yield bound
        finally:
            bound.remove_file()


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "it is in use; stop what listens there, or name another address with --listen"
    # Errors about the path itself have no number, but a text.
    return error.strerror or str(error)


def _resolve(address: TcpAddress) -> tuple[int, int, int, str, tuple[Any, ...]]:
    """Return what `socket.getaddrinfo` says first of an address; that is where to listen."""
    return socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]


def _bind_tcp(address: TcpAddress) -> Listener:
    family, kind, _, _, where = _resolve(address)
    server = socket.socket(family, kind)
    try:
        # So that a restart need not wait for the connections of the last run to fade.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(where)
        server.listen()
    except OSError:
        server.close()
        raise
    return Listener(TcpAddress(address.host, server.getsockname()[1]), server)


def _bind_unix(address: UnixAddress) -> Listener:
    _remove_stale(address.path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.bind(os.fspath(address.path))
        server.listen()
    except OSError:
        server.close()
        raise
    return Listener(address, server, address.path.stat().st_ino)


def _remove_stale(path: Path) -> None:
    """Remove the file of a socket that a server left behind; nothing else."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "a file that is no socket is there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
