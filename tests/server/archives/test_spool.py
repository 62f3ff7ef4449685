import asyncio
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
def test_pieces_become_a_whole(count: int) -> None:
    assert asyncio.run(collect(count, 11 * len(PIECE))) == PIECE * count


def test_more_than_the_limit_is_refused_before_it_is_all_there() -> None:
    with pytest.raises(ArchiveTooLargeError, match=r"^x has more than 1000000 bytes$"):
        asyncio.run(collect(10**9, 10**6))
