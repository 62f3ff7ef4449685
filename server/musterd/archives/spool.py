"""Holding what arrives in pieces, until it can be read as a whole."""

import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from typing import IO

from anyio import to_thread

from musterd.archives.limits import check_size

# Bytes that are held in memory before they are written; what is smaller never sees a disk.
_IN_MEMORY = 2**20


@asynccontextmanager
async def spooled(pieces: AsyncIterable[bytes], limit: int, name: str) -> AsyncIterator[IO[bytes]]:
    """Collect *pieces* in a file without a name, which is gone afterwards, whatever happens.

    It has a descriptor, and stands at its beginning.

    Args:
        pieces: A request's body.
        limit: The bytes that it may have.
        name: What to call it in messages.

    Raises:
        ArchiveTooLargeError: It has more.
        OSError: It cannot be written.
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
    """Return a file in memory; on a disk where the system has none."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("archive"), "w+b")
    return tempfile.TemporaryFile()


def _write(file: IO[bytes], pieces: Iterable[bytes]) -> None:
    file.writelines(pieces)
