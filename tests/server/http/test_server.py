import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Never

import pytest

from musterd.app import create_app
from musterd.errors import AddressError, ServeError
from musterd.http.server import serve
from musterd.http.sockets import TcpAddress, UnixAddress, listen
from musterd.storage.store import ImageStore
from tests.server.support.archives import several


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def get(connection: http.client.HTTPConnection, target: str = "/_ping") -> tuple[int, bytes]:
    connection.request("GET", target)
    answer = connection.getresponse()
    return answer.status, answer.read()


def over_unix(path: Path) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(os.fspath(path))
    return connection


class Client(threading.Thread):
    """Asks every address once all are announced, then sends a signal to this process."""

    def __init__(self, count: int, number: signal.Signals) -> None:
        super().__init__()
        self.count = count
        self.number = number
        self.announced = []
        self.answers = []

    def announce(self, where: Any) -> None:
        self.announced.append(where)
        if len(self.announced) == self.count:
            self.start()

    def run(self) -> None:
        for where in self.announced:
            if isinstance(where, TcpAddress):
                connection = http.client.HTTPConnection(where.host, where.port)
            else:
                connection = over_unix(where.path)
            self.answers.append(get(connection))
            connection.close()
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_address_is_served_until_a_signal(
    store: ImageStore, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "m.sock"
    client = Client(2, number)
    serve(create_app(store), [TcpAddress("127.0.0.1", 0), UnixAddress(path)], client.announce)
    client.join()
    assert client.answers == [(200, b"OK")] * 2
    assert not path.exists()


def test_long_lived_objects_are_frozen_while_the_server_runs(
    store: ImageStore,
) -> None:
    def looks() -> tuple[bool, int]:
        return gc.get_freeze_count() > 0, gc.get_threshold()[0]

    before, seen = looks(), []

    def announce(_where: Any) -> None:
        seen.append(looks())
        os.kill(os.getpid(), signal.SIGTERM)

    serve(create_app(store), [TcpAddress("127.0.0.1", 0)], announce)
    assert seen == [(True, 10_000)]
    assert looks() == before
    assert before != seen[0]


def test_input_that_is_not_http_gets_the_400_of_gos_server(store: ImageStore) -> None:
    received = []

    def send_garbage(where: Any) -> None:
        with socket.create_connection((where.host, where.port)) as client:
            client.sendall(b"GET /images/json?filter=a b HTTP/1.1\r\nHost: x\r\n\r\n")
            received.append(client.makefile("rb").read())
        os.kill(os.getpid(), signal.SIGTERM)

    def announce(where: Any) -> None:
        threading.Thread(target=send_garbage, args=(where,)).start()

    serve(create_app(store), [TcpAddress("127.0.0.1", 0)], announce)
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"text/plain; charset=utf-8" in head
    assert body == b"400 Bad Request"


def test_no_address_is_served_if_one_fails(store: ImageStore, tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    announced = []
    with listen(TcpAddress("127.0.0.1", 0)) as taken, pytest.raises(AddressError):
        serve(create_app(store), [UnixAddress(path), taken.address], announced.append)
    assert announced == []
    assert not path.exists()


def test_an_application_that_fails_to_start_is_reported() -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> Never:
        raise RuntimeError("broken")

    announced = []
    with pytest.raises(ServeError, match=r"^the application failed to start$"):
        serve(broken, [TcpAddress("127.0.0.1", 0)], announced.append)
    assert announced == []


def test_a_load_writes_nothing_to_the_log() -> None:
    command = [Path(sys.executable).with_name("musterd"), "serve", "--sample"]
    process = subprocess.Popen(
        [*command, "--listen", "tcp://127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("POST", "/images/load", several(("x", ["x:1"], None)))
        assert connection.getresponse().read() == b'{"stream":"Loaded image: x:1\\n"}\r\n'
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert (process.returncode, log) == (0, "")
