"""The process that reads archives for a server, and its messages.

The server sends a `Job` and the archive's descriptor over a Unix socket, which is the standard
input of the process; the process answers with a `Reply`. Each message is MessagePack, preceded by
its length in eight bytes. The process cannot write files, and exits when the server does, for
whatever reason.
"""

import contextlib
import math
import os
import resource
import select
import signal
import socket
import struct
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from musterd.archives import docker_archive
from musterd.archives.limits import Limits
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Image

_LENGTH = struct.Struct("!Q")
# Bytes; a job has a few hundred.
_LONGEST_JOB = 2**16
# The most open files: the standard streams, the archive, and some of Python's own.
_OPEN_FILES = 32
# Bytes of memory growth after which a process is replaced.
_GROWN = 16 * 2**20
# The niceness of the process, relative to the server.
_NICENESS = 10
_STATM = Path("/proc/self/statm")


class Job(msgspec.Struct, frozen=True):
    """An archive to read.

    Attributes:
        name: The name of the archive in messages.
        limits: The limits on the archive.
        seconds: The processor time for reading it, in seconds.
        memory: The memory for reading it, in bytes.
    """

    name: str
    limits: Limits
    seconds: int
    memory: int


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of a job.

    Attributes:
        images: The images, in the order of the archive; None if it could not be read.
        refusal: Why the archive is refused.
        is_too_large: Whether it is refused because it exceeds the limits.
        fault: The traceback of an error that the archive did not cause.
        is_last: Whether the process exits now, because it has grown too large for another job.
    """

    images: list[Image] | None = None
    refusal: str | None = None
    is_too_large: bool = False
    fault: str | None = None
    is_last: bool = False


def main(descriptor: int = 0) -> None:
    """Run the process until the server closes the socket with this descriptor."""
    # An interrupt at the terminal is for the server, which stops this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        confine()
        threading.Thread(target=end_with, args=(connection,), daemon=True).start()
        serve(connection, Allowance())


def confine() -> None:
    """Forbid writing files, opening many files and dumping core; lower the priority."""
    os.nice(_NICENESS)
    for kind, limit in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit, most))


class Allowance:
    """The memory and processor time for a job, in addition to those of earlier jobs."""

    def __init__(self) -> None:
        self._base = _address_space()

    def set(self, job: Job) -> None:
        """Make the kernel stop this process, or refuse it memory, if a job exceeds its limits."""
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        used = math.ceil(_processor_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + job.seconds, most))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        # macOS defines the limit, but refuses to set it.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (self._base + job.memory, most))

    def is_outgrown(self) -> bool:
        """Tell whether this process has kept so much memory that the next job may run short."""
        return _address_space() > self._base + _GROWN


def serve(connection: socket.socket, allowance: Allowance) -> None:
    """Run jobs until the server closes *connection*."""
    while (received := _receive_job(connection)) is not None:
        job, file = received
        with file:
            data, is_last = _reply(job, file, allowance)
        connection.sendall(_LENGTH.pack(len(data)))
        connection.sendall(data)
        if is_last:
            return


def end_with(connection: socket.socket, end: Callable[[int], object] = os._exit) -> None:
    """Wait until the server has closed *connection*, and exit at once."""
    hangup = select.poll()
    # Hangups are always reported, so no event mask is needed.
    hangup.register(connection, 0)
    hangup.poll()
    end(0)


def send_job(connection: socket.socket, job: Job, file: IO[bytes]) -> None:
    """Send a job with its archive, to be read from the current position of *file*.

    Raises:
        OSError: The process has exited.
    """
    data = msgspec.msgpack.encode(job)
    socket.send_fds(connection, [_LENGTH.pack(len(data)) + data], [file.fileno()])


def receive_reply(connection: socket.socket) -> Reply | None:
    """Receive the reply; None if the process exited without one.

    Raises:
        msgspec.DecodeError: The message is not a reply.
    """
    try:
        data = _receive(connection, _LENGTH.unpack(_receive(connection, _LENGTH.size))[0])
    except (EOFError, ConnectionError):
        return None
    return msgspec.msgpack.decode(data, type=Reply)


def _receive_job(connection: socket.socket) -> tuple[Job, IO[bytes]] | None:
    data, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_JOB, 1)
    if not data:
        return None
    file = os.fdopen(descriptors[0], "rb", buffering=0)
    return msgspec.msgpack.decode(data[_LENGTH.size :], type=Job), file


def _receive(connection: socket.socket, length: int) -> bytearray:
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(min(2**20, length - len(data)))
        if not piece:
            raise EOFError
        data += piece
    return data


def _reply(job: Job, file: IO[bytes], allowance: Allowance) -> tuple[bytes, bool]:
    """Return the encoded reply to a job, and whether it is the last."""
    allowance.set(job)
    try:
        # Encoding takes memory too.
        return _encoded(Reply(images=docker_archive.read(file, job.name, job.limits)), allowance)
    except ArchiveError as error:
        # A path in the message may not be valid UTF-8.
        text = str(error).encode("utf-8", "backslashreplace").decode()
        reply = Reply(refusal=text, is_too_large=isinstance(error, ArchiveTooLargeError))
    except MemoryError:
        text = f"reading {job.name} takes more than {job.memory} bytes of memory"
        reply = Reply(refusal=text, is_too_large=True)
    except Exception:  # noqa: BLE001  # the server logs it
        reply = Reply(fault=traceback.format_exc())
    return _encoded(reply, allowance)


def _encoded(reply: Reply, allowance: Allowance) -> tuple[bytes, bool]:
    is_last = allowance.is_outgrown()
    return msgspec.msgpack.encode(msgspec.structs.replace(reply, is_last=is_last)), is_last


def _processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _address_space() -> int:
    """Return the size of this process's address space in bytes; 0 if unknown."""
    try:
        pages = int(_STATM.read_text().partition(" ")[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
