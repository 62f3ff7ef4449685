"""A pool of processes that read archives, and that can be killed when a request is cancelled.

anyio's ``to_process`` and Pebble do not fit: both unpickle what the process sends, import modules
from the working directory, set no limits, and cannot pass the descriptor of an unnamed file.
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

# The most archives to read at a time.
_PROCESSES = 2
_CODE = "from musterd.archives.reader_process import main; main()"


class ReaderPool:
    """Read archives in processes, and keep one process for the next archive."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_PROCESSES)
        # A limiter of its own: waiting for a process must not block threads for other work.
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
            file: The archive: a file with a descriptor, read from its current position.
            name: Its name in messages.
            limits: The limits on the archive.

        Raises:
            ArchiveError: It is not an image archive, is damaged or too large, or lacks a file that
                it refers to; or reading it killed the process.
            RuntimeError: The process failed for another reason.
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
        """Kill a process, and wait for its exit before another one can replace it."""
        process.kill()
        with CancelScope(shield=True):
            await to_thread.run_sync(process.end, limiter=self._threads)
        self._all.discard(process)


class _ReaderProcess:
    """A process that reads one archive after another."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair()
        # Locked while a thread receives.
        self._receiving = threading.Lock()
        with theirs:
            # A session of its own keeps the terminal's signals away.
            self._process = subprocess.Popen(  # noqa: S603
                _command(), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
            )

    @property
    def status(self) -> int:
        """The exit status of the process, or the negative number of the signal that killed it."""
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
        """Kill the process, and wait until all of its resources are free."""
        self._process.kill()
        self._process.wait()
        with self._receiving:
            self._connection.close()


def _command() -> list[str]:
    """Return the command, with the same module path and warning filters as this process."""
    isolation = "-I" if sys.flags.isolated else "-P"
    return [sys.executable, isolation, *(f"-W{each}" for each in sys.warnoptions), "-c", _CODE]


def _end(processes: Iterable[_ReaderProcess]) -> None:
    for process in processes:
        process.end()


def _death(status: int, job: Job) -> Exception:
    """Return the error for a process that exited without a reply."""
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
