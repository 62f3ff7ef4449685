"""The cost of reading a small archive in a separate process.

Two servers take turns: musterd as it is, and one that reads archives in a thread, as musterd did
before. Usage: python -m benchmarks.archive_load [--rounds N]
"""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.servers import free_port
from tests.server.support.archives import pack, saved

# Reads in a thread instead; everything else is the same.
_IN_THREAD = """
from anyio import to_thread
from musterd.archives import docker_archive
from musterd.archives.reader_pool import ReaderPool

async def read(_, file, name, limits):
    return await to_thread.run_sync(docker_archive.read, file, name, limits)

ReaderPool.read = read
"""
_MAIN = "from musterd.cli.main import main; main()"
# Seconds from the start of the servers to the first load: musterd gets a process ready in them.
_PAUSE = 3
# Seconds to wait for a server.
_START = 60


def main() -> None:
    """Measure, and print a table of milliseconds and ratios."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        thread, process = (
            stack.enter_context(_serving(Path(folder) / name, code))
            for name, code in (("thread", _IN_THREAD), ("process", ""))
        )
        time.sleep(_PAUSE)
        first = _load(thread), _load(process)
        later = [(_load(thread), _load(process)) for _ in range(rounds)]
    medians = [statistics.median(each) for each in zip(*later, strict=True)]
    _row("load of a small archive", "in a thread", "in a process", "more", "ratio")
    _row(*["---"] * 5)
    _row(f"the first, {_PAUSE} s after the start", *_compared(*first))
    _row(f"median of {rounds} more", *_compared(*medians))


def _row(*columns: str) -> None:
    sys.stdout.write(f"| {' | '.join(columns)} |\n")


def _compared(thread: float, process: float) -> list[str]:
    times = [f"{seconds * 1e3:.1f} ms" for seconds in (thread, process, process - thread)]
    return [*times, f"{process / thread:.1f}"]


@contextmanager
def _serving(folder: Path, code: str) -> Iterator[int]:
    folder.mkdir()
    port = free_port()
    listen = ("--listen", f"tcp://127.0.0.1:{port}", "--db", f"sqlite:///{folder}/catalogue.db")
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-c", code + _MAIN, "serve", "--insecure", *listen],
        stdout=subprocess.PIPE,
    )
    try:
        if process.stdout is None or not process.stdout.readline():
            raise SystemExit("the server does not start")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=_START)


def _load(port: int) -> float:
    archive = pack(saved())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START)
    start = time.perf_counter()
    connection.request("POST", "/images/load", archive)
    response = connection.getresponse()
    body = response.read()
    seconds = time.perf_counter() - start
    connection.close()
    if response.status != http.client.OK:
        raise SystemExit(f"the archive is not loaded: {body.decode()}")
    return seconds


if __name__ == "__main__":
    main()
