"""The cost of archives to a real server: processor time and memory per byte sent."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from musterd.storage import catalogue
from tests.server.support.archives import pack, saved
from tests.server.support.hostile_archives import ARCHIVES, slow
from tests.server.support.server_process import ServerProcess, children, is_running, running, until

# The allowed cost of an archive: a constant, and an amount per byte. About twice the measured cost.
SECONDS = 4.0
SECONDS_PER_BYTE = 3.0 / 2**20
MEMORY = 192 * 2**20
MEMORY_PER_BYTE = 64

SMALL = pack(saved())
SLOW = slow()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(tmp_path_factory.mktemp("server")) as server:
        assert server.load(SMALL).status == 200
        yield server


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_cost_of_an_archive_is_proportional_to_its_size(
    server: ServerProcess, name: str
) -> None:
    archive = ARCHIVES[name]()
    with server.watched() as cost:
        answer = server.load(archive)
    assert answer.status in (200, 400, 413)
    if answer.status != 200:
        assert json.loads(answer.body)["message"].startswith(("the archive", "reading the archive"))
        assert len(answer.body) < 1000
    assert cost.seconds < SECONDS + SECONDS_PER_BYTE * len(archive)
    assert cost.memory < MEMORY + MEMORY_PER_BYTE * len(archive)
    # Nothing goes on, and the next archives are read. A process that has grown is replaced after
    # any of them; the start of another one takes long on a busy machine, and is not counted.
    assert min(cost_of_a_small_archive(server) for _ in range(3)) < 1


def cost_of_a_small_archive(server: ServerProcess) -> float:
    assert until(server.is_settled, 60)
    with server.watched() as cost:
        assert server.load(SMALL).status == 200
    return cost.seconds


@pytest.mark.parametrize("name", ["shared-size=1", "all=1"])
def test_listing_hostile_images_is_cheap(server: ServerProcess, name: str) -> None:
    layers = pack(saved(Layers=["l/layer.tar"] * 1000))
    assert server.load(layers).status == 200
    with server.watched() as cost:
        assert server.request("GET", f"/v1.42/images/json?{name}").status == 200
    assert cost.seconds < 2
    assert cost.memory < 64 * 2**20


@contextmanager
def loading(server: ServerProcess) -> Iterator[tuple[socket.socket, int]]:
    """Send an archive that takes long, and give the connection and the process that reads it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = f"POST /v1.24/images/load HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SLOW)}\r\n\r\n"
        connection.sendall(head.encode() + SLOW)
        assert until(lambda: reading(server))
        pid = reading(server)
        assert pid is not None
        yield connection, pid
    assert until(lambda: not is_running(pid))


def reading(server: ServerProcess) -> int | None:
    """Return the process that reads an archive, once it has one open."""
    for pid in children(server.pid):
        # The process may exit meanwhile.
        with suppress(OSError):
            is_reader = "reader_process" in Path(f"/proc/{pid}/cmdline").read_text()
            files = Path(f"/proc/{pid}/fd").iterdir()
            if is_reader and any("(deleted)" in str(file.readlink()) for file in files):
                return pid
    return None


def listed(server: ServerProcess) -> list[str]:
    answer = server.request("GET", "/v1.24/images/json?all=1")
    return [image["Id"] for image in json.loads(answer.body)]


def test_a_load_stops_when_its_client_disconnects(server: ServerProcess) -> None:
    before = listed(server)
    with loading(server) as (connection, pid):
        assert is_running(pid)
        connection.close()
    assert listed(server) == before
    assert server.load(SMALL).status == 200


def test_a_reader_process_has_kernel_resource_limits(server: ServerProcess) -> None:
    with loading(server) as (_, pid):
        limits = Path(f"/proc/{pid}/limits").read_text()
        niceness = os.getpriority(os.PRIO_PROCESS, pid)
    soft = {line[:26].strip(): line[26:47].strip() for line in limits.splitlines()}
    assert (soft["Max file size"], soft["Max core file size"]) == ("0", "0")
    assert soft["Max open files"] == "32"
    assert int(soft["Max cpu time"]) < 100
    assert int(soft["Max address space"]) < 2**30
    assert niceness == 10


def test_a_killed_reader_is_an_error_and_changes_nothing(server: ServerProcess) -> None:
    before = listed(server)
    with loading(server) as (connection, pid):
        os.kill(pid, signal.SIGKILL)
        assert connection.recv(2**16).startswith(b"HTTP/1.1 400 ")
    assert listed(server) == before
    assert server.load(SMALL).status == 200


def test_a_load_stops_at_the_request_timeout(tmp_path: Path) -> None:
    with running(tmp_path, "--max-request-time", "3") as server:
        with loading(server) as (connection, pid):
            assert connection.recv(2**16).startswith(b"HTTP/1.1 503 ")
            assert until(lambda: not is_running(pid))
        assert listed(server) == []


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_load_stops_when_the_server_ends(tmp_path: Path, ending: int) -> None:
    with running(tmp_path) as server, loading(server) as (_, pid):
        server.process.send_signal(ending)
        server.process.wait(20)
        assert until(lambda: not is_running(pid))
    with closing(catalogue.open_store(f"sqlite:///{tmp_path}/catalogue.db")) as store:
        assert list(store.images()) == []
