"""Listen addresses: parsing, and binding sockets."""

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

# Docker's standard port without TLS.
DEFAULT_PORT = 2375

_FORMS = "write tcp://HOST:PORT or unix:///PATH"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP address; port 0 stands for any free port.

    Attributes:
        host: The name or address of the host.
        port: The port.
    """

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The address of a Unix socket.

    Attributes:
        path: The path of its file.
    """

    path: Path

    def __str__(self) -> str:
        """Return the address as clients write it."""
        return f"unix://{self.path}"


Address = TcpAddress | UnixAddress


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket that accepts connections.

    Attributes:
        address: The address for clients.
        socket: The socket.
        inode: The inode of a Unix socket's file; None for TCP.
    """

    address: Address
    socket: socket.socket
    inode: int | None = None

    def remove_file(self) -> None:
        """Remove the file of a Unix socket, unless another server has replaced it."""
        if isinstance(self.address, UnixAddress):
            with contextlib.suppress(FileNotFoundError):
                if self.address.path.stat().st_ino == self.inode:
                    self.address.path.unlink()


def parse(text: str) -> Address:
    """Parse an address such as ``tcp://127.0.0.1:2375`` or ``unix:///run/musterd.sock``.

    Raises:
        AddressError: It is not an address of either kind.
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
    """Tell whether only this machine can connect to *address*.

    Raises:
        AddressError: The host is unknown.
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
    """Bind a socket to *address*; on exit close it, and remove the file of a Unix socket.

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
    # Errors about the path itself have only a text, no number.
    return error.strerror or str(error)


def _resolve(address: TcpAddress) -> tuple[int, int, int, str, tuple[Any, ...]]:
    """Return the first result of `socket.getaddrinfo` for an address."""
    return socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]


def _bind_tcp(address: TcpAddress) -> Listener:
    family, kind, _, _, where = _resolve(address)
    server = socket.socket(family, kind)
    try:
        # Allow a restart while connections of the previous run are in TIME_WAIT.
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
    """Remove a socket file that a stopped server left behind, and nothing else."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "a file that is not a socket exists there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
