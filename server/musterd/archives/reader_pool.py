"""A pool of processes that read archives, and are killed when nobody waits for the result.

Why not anyio's ``to_process`` or Pebble: both unpickle what the process sends, import modules from
the working directory, set no limits, and cannot pass the descriptor of a file without a name.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable
from typing import IO

from anyio import CancelScope, CapacityLimiter, to_thread

from musterd.archives import reader_process
from musterd.archives.limits import Limits, processor_time
from musterd.archives.reader_process import Job, Reply
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Image

# Archives that are read at a time.
_PROCESSES = 2
_CODE = "from musterd.archives.reader_process import main; main()"


class ReaderPool:
    """Reads archives in processes, and keeps one process for the next archive."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_PROCESSES)
        # Waiting for a process must not keep threads from what they do for others.
        self._threads = CapacityLimiter(_PROCESSES)
        self._idle: list[_ReaderProcess] = []
        self._all: set[_ReaderProcess] = set()
        weakref.finalize(self, _end, self._all)

    def prepare(self) -> None:
        """Start a process for the next archive, unless there is one."""
        if not self._idle:
            self._idle.append(self._start())

    def close(self) -> None:
        """Kill all processes."""
        _end(self._all)
        self._idle.clear()
        self._all.clear()

    async def read(self, file: IO[bytes], name: str, limits: Limits) -> list[Image]:
        """Read the images in an archive, in its order.

        Cancelling this kills the process.

        Args:
            file: The archive, which has a descriptor; from where it stands.
            name: What to call it in messages.
            limits: What it may have at most.

        Raises:
            ArchiveError: It is no archive of images, damaged, too large, or lacks a part that it
                names; or reading it has killed the process.
            RuntimeError: The process has failed for another reason.
        """
        size = os.fstat(file.fileno()).st_size
        job = Job(name, limits, processor_time(size), limits.memory)
        async with self._limiter:
            process = self._take()
            try:
                process.send(job, file)
                reply = await to_thread.run_sync(
                    process.receive, abandon_on_cancel=True, limiter=self._threads
                )
            except BaseException:
                await self._drop(process)
                raise
            if reply is None or reply.is_last or self._idle:
                await self._drop(process)
            else:
                self._idle.append(process)
            self.prepare()
        if reply is None:
            raise _death(process.status, job)
        return _images(reply)

    def _take(self) -> "_ReaderProcess":
        while self._idle:
            process = self._idle.pop()
            if process.is_alive():
                return process
            self._all.discard(process)
            process.end()
        return self._start()

    def _start(self) -> "_ReaderProcess":
        process = _ReaderProcess()
        self._all.add(process)
        return process

    async def _drop(self, process: "_ReaderProcess") -> None:
        """Kill a process, and wait for its end before another one can take its place."""
        process.kill()
        with CancelScope(shield=True):
            await to_thread.run_sync(process.end, limiter=self._threads)
        self._all.discard(process)


class _ReaderProcess:
    """A process that reads one archive after another."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair()
        # Held while a thread receives.
        self._receiving = threading.Lock()
        with theirs:
            # In a session of its own it gets no signals from the terminal.
            self._process = subprocess.Popen(  # noqa: S603
                _command(), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
            )

    @property
    def status(self) -> int:
        """How the process has ended: its status, or the negative number of a signal."""
        return self._process.returncode or 0

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, job: Job, file: IO[bytes]) -> None:
        reader_process.send_job(self._connection, job, file)

    def receive(self) -> Reply | None:
        with self._receiving:
            return reader_process.receive_reply(self._connection)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Kill the process, and wait until all that it had is free."""
        self._process.kill()
        self._process.wait()
        with self._receiving:
            self._connection.close()


def _command() -> list[str]:
    """Return a command that takes modules from where this process does, and warns of the same."""
    isolation = "-I" if sys.flags.isolated else "-P"
    return [sys.executable, isolation, *(f"-W{each}" for each in sys.warnoptions), "-c", _CODE]


def _end(processes: Iterable[_ReaderProcess]) -> None:
    for process in processes:
        process.end()


def _death(status: int, job: Job) -> Exception:
    """Say why a process has ended without a reply."""
    if status == -signal.SIGXCPU:
        return ArchiveTooLargeError(
            f"reading {job.name} takes more than {job.seconds} seconds of processor time"
        )
    if status < 0:
        ending = signal.Signals(-status).name
        return ArchiveError(f"{job.name} cannot be read: {ending} has killed the process")
    return RuntimeError(f"a process that reads archives has ended with status {status}")


def _images(reply: Reply) -> list[Image]:
    if reply.refusal is not None:
        kind = ArchiveTooLargeError if reply.is_too_large else ArchiveError
        raise kind(reply.refusal)
    if reply.images is None:
        raise RuntimeError(f"a process that reads archives has failed:\n{reply.fault}")
    return reply.images
