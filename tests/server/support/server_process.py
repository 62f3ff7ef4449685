"""A real server process, and its resource usage with that of its children."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

_COMMAND = (sys.executable, "-P", "-c", "from musterd.cli.main import main; main()")
_READY = "musterd: listening on "
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Seconds between two looks at the memory.
_INTERVAL = 0.02
_END = 20


class Answer(NamedTuple):
    status: int
    body: bytes


class ServerProcess:
    """A running musterd."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.pid = process.pid
        self.port = port

    def request(self, method: str, target: str, body: bytes | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, target, body)
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()

    def load(self, archive: bytes) -> Answer:
        return self.request("POST", "/v1.24/images/load", archive)

    def processor_time(self) -> float:
        """Return the seconds of the server and of all its children, past ones too."""
        ticks = sum(sum(map(int, _stat(pid)[11:15])) for pid in (self.pid, *children(self.pid)))
        return ticks / _TICK

    def memory(self) -> int:
        """Return the bytes that the server and its children have in memory."""
        return sum(int(_stat(pid)[21]) for pid in (self.pid, *children(self.pid))) * _PAGE

    def is_settled(self) -> bool:
        """Tell whether the processes that read archives have started: each has its second thread.

        To start one takes processor time, more of it the busier the machine is.
        """
        return all(
            len(list(Path(f"/proc/{pid}/task").glob("*"))) > 1
            for pid in children(self.pid)
            if _is_reader(pid)
        )

    def watched(self) -> "Watch":
        return Watch(self)


class Watch:
    """The resource usage of a server within the context.

    Attributes:
        seconds: Processor time.
        memory: Bytes beyond those before, at the highest.
    """

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._before = 0
        self.seconds = 0.0
        self.memory = 0

    def __enter__(self) -> Self:
        self._before = self._server.memory()
        self.seconds = self._server.processor_time()
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self.seconds = self._server.processor_time() - self.seconds

    def _look(self) -> None:
        while not self._done.wait(_INTERVAL):
            self.memory = max(self.memory, self._server.memory() - self._before)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[ServerProcess]:
    """Run a server on a free port, with an empty catalogue in *folder*."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(*_COMMAND, "serve", "--listen", "tcp://127.0.0.1:0"),
                # Ignore the user's credentials.
                *(() if "--credentials" in options else ("--insecure",)),
                *("--db", f"sqlite:///{folder}/catalogue.db", *options),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(_READY), (folder / "log").read_text()
        port = urlsplit(line.removeprefix(_READY).strip()).port
        assert port is not None
        yield ServerProcess(process, port)
    finally:
        process.terminate()
        process.communicate(timeout=_END)


def children(pid: int) -> Sequence[int]:
    """Return the children of a process, and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(text) for text in task.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *children(child)]
    return found


def parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if it is gone."""
    return int(_stat(pid)[1])


def _is_reader(pid: int) -> bool:
    try:
        return "reader_process" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def is_running(pid: int) -> bool:
    """Tell whether there is such a process that has not ended."""
    return _stat(pid)[0] not in ("Z", "X")


def until(condition: object, seconds: float = 10) -> bool:
    """Wait until *condition* returns a true value."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_INTERVAL)
    return True


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process, from its state on; zeros if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", *["0"] * 50]
