"""The cost of the first listing after a write.

As a program: in the style of Docker's containerd store beside that of its graph drivers, from one
catalogue in this process.

Usage: python -m benchmarks.after_write [--images N] [--rounds N]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from benchmarks import images, load
from benchmarks.load import Server
from benchmarks.questions import LISTING, WRITE
from musterd.app import create_app
from musterd.archives import docker_archive
from musterd.contract import engines
from musterd.storage import catalogue

_ROUNDS = 15
_SIZE = 1000
_GRAPH_DRIVERS, _CONTAINERD = "docker-29", "docker-29-containerd"
_PATH = "/v1.48/images/json"


def compare(server: Server, anew: Server) -> tuple[float, float]:
    """Return the median milliseconds of such a listing, with a cache and without.

    The two take turns.
    """
    first: list[float] = []
    second: list[float] = []
    for _ in range(_ROUNDS):
        load.once(server.port, WRITE, "POST")
        first.append(load.once(server.port, LISTING)[0])
        second.append(load.once(anew.port, LISTING)[0])
    return statistics.median(first) * 1e3, statistics.median(second) * 1e3


def compare_styles(size: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds of listings with graph drivers and in the containerd style.

    Args:
        size: The number of images.
        rounds: How often to write one of them, and to list all in each style.
    """
    store = catalogue.open_store(catalogue.MEMORY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.tar")
        images.write_archive(path, size)
        with path.open("rb") as file:
            found = docker_archive.read(file, path.name)
    store.put(found)
    apps = [create_app(store, engine=engines.find(name)) for name in (_GRAPH_DRIVERS, _CONTAINERD)]
    times: dict[str, list[tuple[float, float]]] = {"first after a write": [], "the next": []}
    loop = asyncio.new_event_loop()
    for _ in range(rounds):
        store.put(found[:1])
        for taken in times.values():
            graph, containerd = (loop.run_until_complete(_seconds(app)) for app in apps)
            taken.append((graph, containerd))
    loop.close()
    store.close()
    # The first round builds the applications.
    return {name: taken[1:] for name, taken in times.items()}


async def _seconds(app: Any) -> float:
    """Ask an application for its listing; return how long it took."""

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(_message: MutableMapping[str, Any]) -> None:
        pass

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2375),
    }
    before = time.perf_counter()
    await app(scope, receive, send)
    return time.perf_counter() - before


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Compare the styles of Docker's two stores.")
    parser.add_argument("--images", type=int, default=_SIZE)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    given = parser.parse_args()
    sys.stdout.write("| listing | graph drivers, ms | containerd store, ms | ratio |\n")
    sys.stdout.write("|---|---|---|---|\n")
    for name, taken in compare_styles(given.images, given.rounds + 1).items():
        graph, containerd = (statistics.median(column) * 1e3 for column in zip(*taken, strict=True))
        ratio = statistics.median(mine / other for other, mine in taken)
        sys.stdout.write(f"| {name} | {graph:.2f} | {containerd:.2f} | {ratio:.2f} |\n")


if __name__ == "__main__":
    main()
