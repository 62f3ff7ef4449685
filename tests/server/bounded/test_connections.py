"""Connections to a real server: their number, duration, and cleanup at its end."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.server.support import certificates
from tests.server.support.server_process import (
    ServerProcess,
    children,
    is_running,
    parent_of,
    running,
    until,
)

REQUEST = b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
# Beyond the grace time of 5 seconds, for a machine with much to do.
ENDING = 15


def connect(server: ServerProcess, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", server.port), timeout=60, source_address=(source, 0)
    )


def ping(client: socket.socket) -> bytes:
    """Send a ping and return the status line; empty if the connection is refused."""
    try:
        client.sendall(REQUEST)
        return client.makefile("rb").readline()
    except OSError:
        return b""


def test_one_address_cannot_take_all_connections(tmp_path: Path) -> None:
    with running(tmp_path, "--max-connections", "8") as server, ExitStack() as stack:
        silent = [stack.enter_context(connect(server)) for _ in range(8)]
        assert until(lambda: b"503" in silent[-1].recv(100))
        with connect(server, "127.0.0.2") as other:
            assert ping(other).startswith(b"HTTP/1.1 200 ")
        with connect(server) as one_more:
            assert ping(one_more) in {b"", b"HTTP/1.1 503 Service Unavailable\r\n"}


def follow(server: ServerProcess) -> socket.socket:
    """Ask for events, and wait until the response has begun."""
    client = connect(server)
    client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    return client


def test_clients_that_leave_an_event_stream_release_their_connections(tmp_path: Path) -> None:
    """Nothing happens meanwhile, so that no event shows that they are gone."""
    with running(tmp_path, "--max-connections", "8") as server:
        for client in [follow(server) for _ in range(4)]:
            client.close()

        def is_free() -> bool:
            with connect(server) as one_more:
                return ping(one_more).startswith(b"HTTP/1.1 200 ")

        assert until(is_free, 60)


def test_event_streams_end_with_the_server(tmp_path: Path) -> None:
    with running(tmp_path) as server, follow(server) as client:
        server.process.terminate()
        received = b"".join(iter(lambda: client.recv(2**16), b""))
        assert received.endswith(b"\r\n0\r\n\r\n")
        assert server.process.wait(ENDING) == 0


def test_connections_are_counted_before_the_tls_handshake(tmp_path: Path) -> None:
    authority = certificates.authority(tmp_path / "authority")
    certificate, key = authority.sign("server")
    tls = ("--tls-cert", str(certificate), "--tls-key", str(key))
    context = ssl.create_default_context(cafile=authority.root)
    with running(tmp_path, "--max-connections", "8", *tls) as server, ExitStack() as stack:
        silent = [stack.enter_context(connect(server)) for _ in range(5)]
        # The fifth has none of the four slots; the others wait for a handshake.
        assert silent[4].recv(1) == b""
        other = stack.enter_context(connect(server, "127.0.0.2"))
        with context.wrap_socket(other, server_hostname="127.0.0.1") as secret:
            assert ping(secret).startswith(b"HTTP/1.1 200 ")
        silent[0].close()
        assert until(lambda: is_answered(server, context))


def is_answered(server: ServerProcess, context: ssl.SSLContext) -> bool:
    try:
        with (
            connect(server) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secret,
        ):
            return ping(secret).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def test_a_slow_reader_is_given_the_request_timeout(
    tmp_path: Path,
) -> None:
    listing = b'[{"Id":"sha256:%064x","Created":1,"Size":1,"Labels":{"x":"' + b"x" * 9 * 10**6
    (tmp_path / "listing.json").write_bytes(listing % 1 + b'"}}]')
    db = f"sqlite:///{tmp_path}/catalogue.db"
    command = [sys.executable, "-P", "-c", "from musterd.cli.main import main; main()"]
    subprocess.run([*command, "import", tmp_path / "listing.json", "--db", db], check=True)
    with (
        running(tmp_path, "--max-request-time", "2") as server,
        closing(socket.socket()) as client,
    ):
        # Or the kernel would take all of it for the client.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.settimeout(60)
        client.sendall(b"GET /images/json HTTP/1.1\r\nHost: x\r\n\r\n")
        taken = 0
        for _ in range(40):
            taken += len(client.recv(1000))
            time.sleep(0.2)
        # The server has aborted the response: only data in kernel buffers still arrives.
        with suppress(ConnectionResetError):
            while piece := client.recv(2**20):
                taken += len(piece)
        assert 0 < taken < len(listing)


@contextmanager
def with_socket(folder: Path) -> Iterator[tuple[ServerProcess, Path]]:
    path = folder / "m.sock"
    with running(folder, "--listen", f"unix://{path}") as server:
        assert path.exists()
        yield server, path


def worker(server: ServerProcess) -> int:
    """Return the process that serves; others read archives for it."""
    [found] = [pid for pid in children(server.pid) if parent_of(pid) == server.pid]
    return found


def test_the_server_ends_even_with_a_stopped_worker(tmp_path: Path) -> None:
    with with_socket(tmp_path) as (server, path):
        pids = children(server.pid)
        # A stopped process cannot end itself.
        os.kill(worker(server), signal.SIGSTOP)
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(ENDING) == 0
        assert time.monotonic() - began < ENDING
        assert not path.exists()
        assert until(lambda: not any(map(is_running, pids)))


def test_a_killed_server_leaves_no_processes_behind(tmp_path: Path) -> None:
    with with_socket(tmp_path) as (server, path):
        pids = children(server.pid)
        server.process.kill()
        assert until(lambda: not path.exists())
        assert until(lambda: not any(map(is_running, pids)), ENDING)


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        first = worker(server)
        os.kill(first, signal.SIGKILL)
        assert until(lambda: not is_running(first))
        # No connection is refused meanwhile: the socket belongs to the parent.
        assert server.request("GET", "/_ping").status == 200
        assert worker(server) != first
    assert "another one takes its place" in (tmp_path / "log").read_text()


def serial(server: ServerProcess) -> bytes | None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        closing(connect(server)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secret,
    ):
        return secret.getpeercert(binary_form=True)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sighup_reloads_the_certificates(tmp_path: Path, workers: str) -> None:
    authority = certificates.authority(tmp_path / "authority")
    certificate, key = (tmp_path / "cert.pem", tmp_path / "key.pem")

    def replace(name: str) -> None:
        for made, used in zip(authority.sign(name), (certificate, key), strict=True):
            used.write_bytes(made.read_bytes())

    replace("server")
    options = ("--tls-cert", str(certificate), "--tls-key", str(key), "--workers", workers)
    with running(tmp_path, *options) as server:
        first = serial(server)
        # An invalid certificate is reported and changes nothing.
        certificate.write_text("nothing")
        server.process.send_signal(signal.SIGHUP)
        log = tmp_path / "log"
        assert until(lambda: "the server goes on with those it has" in log.read_text())
        assert serial(server) == first
        replace("another")
        server.process.send_signal(signal.SIGHUP)
        assert until(lambda: all(serial(server) not in {first, None} for _ in range(8)))
