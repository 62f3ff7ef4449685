"""The process that reads archives for a server, and the messages between the two.

The server sends a `Job` and the archive's descriptor over a Unix socket, which is the standard
input of the process; the process answers with a `Reply`. Each message is MessagePack after its
length in eight bytes. The process cannot write files, and ends when the server does, for whatever
reason.
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
# Bytes; a job has some hundred.
_LONGEST_JOB = 2**16
# Files that the process may have open: its standard streams, the archive, and some of Python's own.
_OPEN_FILES = 32
# Bytes of memory that make a process one that another takes the place of.
_GROWN = 16 * 2**20
# How much less of the processor the process gets than the server, where both want it.
_NICENESS = 10
_STATM = Path("/proc/self/statm")


class Job(msgspec.Struct, frozen=True):
    """An archive to read.

    Attributes:
        name: What to call it in messages.
        limits: What it may have at most.
        seconds: Processor time that reading it may take.
        memory: Bytes that reading it may take.
    """

    name: str
    limits: Limits
    seconds: int
    memory: int


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of a job.

    Attributes:
        images: The images, in the order of the archive; None if they could not be read.
        refusal: Why the archive is refused.
        is_too_large: Whether that is for what it asks for.
        fault: The traceback of an error that is not the archive's.
        is_last: Whether the process ends now, because it has grown too large to be used again.
    """

    images: list[Image] | None = None
    refusal: str | None = None
    is_too_large: bool = False
    fault: str | None = None
    is_last: bool = False


def main(descriptor: int = 0) -> None:
    """Run the process until the server closes the socket with this descriptor."""
    # An interrupt at the terminal is for the server, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        confine()
        threading.Thread(target=end_with, args=(connection,), daemon=True).start()
        serve(connection, Allowance())


def confine() -> None:
    """Forbid this process to write files, to open many and to dump core; let others go first."""
    os.nice(_NICENESS)
    for kind, limit in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit, most))


class Allowance:
    """The memory and processor time that a job may take, in addition to those of earlier jobs."""

    def __init__(self) -> None:
        self._base = _address_space()

    def set(self, job: Job) -> None:
        """Have the kernel kill this process, or refuse it memory, if a job takes more."""
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        used = math.ceil(_processor_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + job.seconds, most))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        # macOS knows the limit, and refuses to set it.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (self._base + job.memory, most))

    def is_outgrown(self) -> bool:
        """Tell whether this process has kept so much memory that the next job might lack it."""
        return _address_space() > self._base + _GROWN


def serve(connection: socket.socket, allowance: Allowance) -> None:
    """Do one job after another until the server closes *connection*."""
    while (received := _receive_job(connection)) is not None:
        job, file = received
        with file:
            reply = _reply(job, file, allowance)
        data = msgspec.msgpack.encode(reply)
        connection.sendall(_LENGTH.pack(len(data)))
        connection.sendall(data)
        if reply.is_last:
            return


def end_with(connection: socket.socket, end: Callable[[int], object] = os._exit) -> None:
    """Wait until the server has closed *connection*, and end this process at once."""
    hangup = select.poll()
    # A hangup is reported without being asked for.
    hangup.register(connection, 0)
    hangup.poll()
    end(0)


def send_job(connection: socket.socket, job: Job, file: IO[bytes]) -> None:
    """Send a job with its archive, which is read from where *file* stands.

    Raises:
        OSError: The process is gone.
    """
    data = msgspec.msgpack.encode(job)
    socket.send_fds(connection, [_LENGTH.pack(len(data)) + data], [file.fileno()])


def receive_reply(connection: socket.socket) -> Reply | None:
    """Receive the reply; None if the process has ended without one.

    Raises:
        msgspec.DecodeError: It is something else.
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


def _reply(job: Job, file: IO[bytes], allowance: Allowance) -> Reply:
    allowance.set(job)
    try:
        images = docker_archive.read(file, job.name, job.limits)
    except ArchiveError as error:
        # A path in the message need not be UTF-8.
        text = str(error).encode("utf-8", "backslashreplace").decode()
        reply = Reply(refusal=text, is_too_large=isinstance(error, ArchiveTooLargeError))
    except MemoryError:
        text = f"reading {job.name} takes more than {job.memory} bytes of memory"
        reply = Reply(refusal=text, is_too_large=True)
    except Exception:  # noqa: BLE001  # the server logs it
        reply = Reply(fault=traceback.format_exc())
    else:
        reply = Reply(images=images)
    return msgspec.structs.replace(reply, is_last=allowance.is_outgrown())


def _processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _address_space() -> int:
    """Return the bytes of this process's address space; 0 where the system does not tell."""
    try:
        pages = int(_STATM.read_text().partition(" ")[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
