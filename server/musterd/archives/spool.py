"""Collect data that arrives in pieces into a file."""

import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from typing import IO

from anyio import to_thread

from musterd.archives.limits import check_size

# Bytes to hold in memory before they go to a file; smaller data never reaches a disk.
_IN_MEMORY = 2**20


@asynccontextmanager
async def spooled(pieces: AsyncIterable[bytes], limit: int, name: str) -> AsyncIterator[IO[bytes]]:
    """Collect *pieces* in an unnamed file, which is deleted on exit.

    The file has a descriptor, and is positioned at its start.

    Args:
        pieces: The pieces of a request body.
        limit: The most bytes allowed.
        name: The name of the data in messages.

    Raises:
        ArchiveTooLargeError: There are more bytes than *limit*.
        OSError: The file cannot be written.
    """
    with ExitStack() as stack:
        file: IO[bytes] | None = None
        total = 0
        waiting: list[bytes] = []
        waiting_size = 0
        async for piece in pieces:
            total += len(piece)
            check_size(total, limit, name)
            waiting.append(piece)
            waiting_size += len(piece)
            if waiting_size >= _IN_MEMORY:
                file = file or stack.enter_context(tempfile.TemporaryFile())
                await to_thread.run_sync(_write, file, waiting)
                waiting, waiting_size = [], 0
        file = file or stack.enter_context(_memory_file())
        await to_thread.run_sync(_write, file, waiting)
        file.seek(0)
        yield file


def _memory_file() -> IO[bytes]:
    """Return a file in memory, or on disk if the system has no such files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("archive"), "w+b")
    return tempfile.TemporaryFile()


def _write(file: IO[bytes], pieces: Iterable[bytes]) -> None:
    file.writelines(pieces)
