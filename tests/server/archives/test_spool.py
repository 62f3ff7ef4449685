import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from musterd.archives.spool import spooled
from musterd.errors import ArchiveTooLargeError

PIECE = bytes(range(256)) * 1024


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


async def collect(count: int, limit: int) -> bytes:
    async with spooled(pieces(count), limit, "x") as file:
        return file.read()


@pytest.mark.parametrize("count", [0, 1, 4, 11])
def test_chunks_are_joined(count: int) -> None:
    assert asyncio.run(collect(count, 11 * len(PIECE))) == PIECE * count


def test_an_oversized_body_is_refused_before_its_end() -> None:
    with pytest.raises(ArchiveTooLargeError, match=r"^x has more than 1000000 bytes$"):
        asyncio.run(collect(10**9, 10**6))


@pytest.mark.parametrize("has_memory_files", [True, False])
@pytest.mark.parametrize("count", [1, 11])
def test_the_spooled_file_has_a_descriptor_at_its_start(
    monkeypatch: pytest.MonkeyPatch, count: int, has_memory_files: bool
) -> None:
    async def read() -> bytes:
        async with spooled(pieces(count), 11 * len(PIECE), "x") as file:
            return os.read(file.fileno(), 2**24)

    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    assert asyncio.run(read()) == PIECE * count
