import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from musterd.errors import AddressError
from musterd.http import sockets
from musterd.http.sockets import TcpAddress, UnixAddress


@pytest.mark.parametrize(
    ("text", "parsed", "shown"),
    [
        ("tcp://127.0.0.1:2375", TcpAddress("127.0.0.1", 2375), "tcp://127.0.0.1:2375"),
        ("tcp://localhost", TcpAddress("localhost", 2375), "tcp://localhost:2375"),
        ("tcp://localhost:0/", TcpAddress("localhost", 0), "tcp://localhost:0"),
        ("tcp://[::1]:5", TcpAddress("::1", 5), "tcp://[::1]:5"),
        ("unix:///run/m.sock", UnixAddress(Path("/run/m.sock")), "unix:///run/m.sock"),
    ],
)
def test_an_address_is_a_host_and_port_or_a_path(text: str, parsed: Any, shown: Any) -> None:
    assert sockets.parse(text) == parsed
    assert str(parsed) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:2375",
        "http://127.0.0.1:2375",
        "tcp://",
        "tcp://:2375",
        "tcp://h:port",
        "tcp://h:70000",
        "tcp://h:1/path",
        "unix://",
        "unix://run/m.sock",
        "unix:m.sock",
        "tcp://[::1",
    ],
)
def test_other_addresses_are_refused_with_the_valid_forms(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        sockets.parse(text)
    assert str(refused.value).startswith(f"cannot listen on {text}: ")
    assert str(refused.value).endswith("write tcp://HOST:PORT or unix:///PATH")


def refused(where: Any) -> str:
    with pytest.raises(AddressError) as error, sockets.listen(where):
        pass
    return str(error.value)


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))


def test_port_0_becomes_a_free_port() -> None:
    with sockets.listen(TcpAddress("127.0.0.1", 0)) as listener:
        assert listener.address.port != 0
        socket.create_connection(("127.0.0.1", listener.address.port)).close()
    # And it is free again.
    with sockets.listen(listener.address):
        pass


def test_a_port_in_use_is_reported() -> None:
    with sockets.listen(TcpAddress("127.0.0.1", 0)) as listener:
        assert refused(listener.address) == (
            f"cannot listen on {listener.address}: it is in use; "
            "stop what listens there, or name another address with --listen"
        )


def test_an_unknown_host_is_reported() -> None:
    assert refused(TcpAddress("host.invalid", 1)).startswith(
        "cannot listen on tcp://host.invalid:1: "
    )


def test_a_unix_socket_is_removed_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    with sockets.listen(UnixAddress(path)) as listener:
        assert listener.address == UnixAddress(path)
        connect(path)
    assert not path.exists()


def test_a_removed_or_replaced_unix_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    with sockets.listen(UnixAddress(path)):
        path.unlink()
    with sockets.listen(UnixAddress(path)):
        (tmp_path / "other").touch()
        (tmp_path / "other").rename(path)
    assert path.exists()


def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(path))
    with sockets.listen(UnixAddress(path)):
        connect(path)


def test_a_unix_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    with sockets.listen(UnixAddress(path)):
        assert "it is in use; stop what listens there" in refused(UnixAddress(path))
        connect(path)


def test_a_file_that_is_not_a_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    path.write_text("precious")
    assert refused(UnixAddress(path)).endswith("a file that is not a socket exists there")
    assert path.read_text() == "precious"
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_path_that_cannot_be_bound_is_reported(tmp_path: Path) -> None:
    missing = refused(UnixAddress(tmp_path / "nowhere" / "m.sock"))
    assert missing.endswith("nowhere/m.sock: No such file or directory")
    assert refused(UnixAddress(tmp_path / ("x" * 200))).endswith("AF_UNIX path too long")
