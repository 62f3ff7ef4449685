"""Holding on disk what arrives in pieces, until it can be read as a whole."""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import IO

from anyio import to_thread

from musterd.archives.limits import check_size

# Bytes that are held in memory before they are written; what is smaller never sees a disk.
_IN_MEMORY = 2**20


@asynccontextmanager
async def spooled(pieces: AsyncIterable[bytes], limit: int, name: str) -> AsyncIterator[IO[bytes]]:
    """Collect *pieces* in a file without a name, which is gone afterwards, whatever happens.

    Args:
        pieces: A request's body.
        limit: The bytes that it may have.
        name: What to call it in messages.

    Raises:
        ArchiveTooLargeError: It has more.
        OSError: It cannot be written.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        total = 0
        waiting: list[bytes] = []
        waiting_size = 0
        async for piece in pieces:
            total += len(piece)
            check_size(total, limit, name)
            waiting.append(piece)
            waiting_size += len(piece)
            if waiting_size >= _IN_MEMORY:
                await to_thread.run_sync(_write, file, waiting)
                waiting, waiting_size = [], 0
        await to_thread.run_sync(_write, file, waiting)
        file.seek(0)
        yield file


def _write(file: IO[bytes], pieces: Iterable[bytes]) -> None:
    file.writelines(pieces)
