from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from muster.transport import connection as connections
from muster.transport.connection import BodyTooLong, Connection, Deadline, connect
from muster.transport.target import Target
from tests.conformance.support.servers import PATIENCE, raw

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def connected() -> Iterator[tuple[Connection, socket.socket]]:
    """Return a connection and its other end."""
    here, there = socket.socketpair()
    with there, closing(Connection(here)) as connection:
        there.settimeout(PATIENCE)
        yield connection, there


def patient() -> Deadline:
    return Deadline(PATIENCE)


def test_a_deadline_raises_once_it_has_passed() -> None:
    assert 0 < Deadline(5).left() <= 5
    with pytest.raises(TimeoutError):
        Deadline(0).left()


def test_responses_are_read_in_order_from_a_connection() -> None:
    with connected() as (connection, there):
        connection.send(b"GET ", patient())
        assert there.recv(10) == b"GET "
        closing_ = raw(b"2", headers="Connection: close\r\nX-A: b\r\n")
        there.sendall(raw(b"1") + CHUNKED + b"1\r\nc\r\n0\r\n\r\n" + closing_)
        first, second, third = (connection.receive("GET", patient()) for _ in range(3))
    assert [each[0].body for each in (first, second, third)] == [b"1", b"c", b"2"]
    assert [each[1] for each in (first, second, third)] == [False, False, True]
    assert third[0].headers["x-a"] == "b"


def test_a_response_to_head_has_no_body() -> None:
    with connected() as (connection, there):
        there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        assert connection.receive("HEAD", patient())[0].body == b""


def test_a_body_may_end_with_the_connection() -> None:
    with connected() as (connection, there):
        there.sendall(b"HTTP/1.0 200 OK\r\n\r\nall")
        there.shutdown(socket.SHUT_WR)
        response, last = connection.receive("GET", patient())
    assert (response.body, last) == (b"all", True)


@pytest.mark.parametrize(
    ("begun", "size"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", 2),
        (CHUNKED + b"3\r\nabc\r\n5\r\nde", 3),
    ],
)
def test_a_truncated_body_is_reported_with_its_size(begun: bytes, size: int) -> None:
    with connected() as (connection, there):
        there.sendall(begun)
        there.shutdown(socket.SHUT_WR)
        with pytest.raises(http.client.IncompleteRead) as broken:
            connection.receive("GET", patient())
    assert len(broken.value.partial) == size


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"]
)
def test_a_trickling_server_does_not_extend_the_deadline(begun: bytes) -> None:
    with connected() as (connection, there):
        there.sendall(begun)
        ended = threading.Event()

        def dribble() -> None:
            while not ended.wait(0.02):
                there.sendall(b"x")

        thread = threading.Thread(target=dribble)
        thread.start()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            connection.receive("GET", Deadline(0.2))
        took = time.monotonic() - began
        ended.set()
        thread.join()
    assert 0.1 < took < PATIENCE / 2


def test_an_endless_body_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST_BODY", 10)
    with connected() as (connection, there):
        there.sendall(raw(b"x" * 10) + raw(b"x" * 11))
        assert len(connection.receive("GET", patient())[0].body) == 10
        with pytest.raises(BodyTooLong):
            connection.receive("GET", patient())


def test_sending_ends_at_the_deadline() -> None:
    with connected() as (connection, _), pytest.raises(TimeoutError):
        connection.send(b"x" * 10**8, Deadline(0.1))


def test_connecting_to_a_missing_socket_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        connect(Target("unix", socket=str(tmp_path / "s")), patient(), None)
    with pytest.raises(TimeoutError):
        connect(Target("http", "127.0.0.1", 1), Deadline(0), None)


@contextmanager
def in_two_packets() -> Iterator[Target]:
    """Serve answers whose head and body are written apart, as http.server does."""

    def follow() -> None:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(1000):
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
                connection.send(b"[]")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=follow)
        thread.start()
        yield Target("http", "127.0.0.1", listener.getsockname()[1])
        thread.join()


@pytest.mark.parametrize("option", [connections.QUICK_ACKNOWLEDGEMENT, None])
def test_responses_in_two_packets_are_read_with_or_without_quickack(
    option: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUICK_ACKNOWLEDGEMENT", option)
    with (
        in_two_packets() as target,
        closing(connect(target, patient(), None)) as connection,
    ):
        for _ in range(3):
            connection.send(b"GET ", patient())
            assert connection.receive("GET", patient())[0].body == b"[]"
