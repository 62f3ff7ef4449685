import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest

from musterd.archives import compression, limits, tar
from musterd.archives.compression import Prefixed, fill
from musterd.archives.limits import Budget, Limits
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.zstandard import zstd

Compress = Callable[[bytes], bytes]

KINDS = [gzip.compress, bz2.compress, lzma.compress, zstd.compress]
WHOLE = random.Random(1).randbytes(200_000)  # noqa: S311


def unpack(data: bytes, most: Limits | None = None, piece: int = 2**16) -> bytes:
    stream = compression.unpacked(io.BytesIO(data), "x", Budget(most or Limits(), "x"))
    result = b""
    while part := stream.read(piece):
        assert len(part) <= piece
        result += part
    assert stream.read(piece) == b""
    return result


@pytest.mark.parametrize("compress", [bytes, *KINDS])
@pytest.mark.parametrize("piece", [1000, 2**20])
def test_every_compression_is_unpacked(compress: Compress, piece: int) -> None:
    assert unpack(compress(WHOLE), piece=piece) == WHOLE
    assert unpack(compress(bytes(300_000)), piece=piece) == bytes(300_000)


@pytest.mark.parametrize("compress", KINDS)
def test_concatenated_streams_and_zero_padding_are_unpacked(compress: Compress) -> None:
    data = compress(b"one") + compress(b"") + compress(b"two") + bytes(100_000)
    assert unpack(data) == b"onetwo"


@pytest.mark.parametrize("compress", KINDS)
@pytest.mark.parametrize("cut", [20, 100_000, 1])
def test_a_truncated_stream_is_reported(compress: Compress, cut: int) -> None:
    data = compress(WHOLE)
    with pytest.raises(ArchiveError, match=r"^x is damaged or cut short: its end is missing$"):
        unpack(data[: -cut if cut == 1 else cut])


@pytest.mark.parametrize("compress", KINDS)
def test_a_damaged_stream_fails_on_every_read(compress: Compress) -> None:
    data = compress(WHOLE) + b"garbage"
    stream = compression.unpacked(io.BytesIO(data), "x", Budget(Limits(), "x"))
    for _ in range(2):
        with pytest.raises(ArchiveError, match=r"^x is damaged or cut short: "):
            tar.drain(stream)


@pytest.mark.parametrize("compress", KINDS)
def test_unpacking_more_than_the_limit_is_refused(compress: Compress) -> None:
    with pytest.raises(ArchiveTooLargeError, match=r"^x unpacks to more than 100000 bytes$"):
        unpack(compress(WHOLE), Limits(unpacked_size=100_000))


def test_an_unrealistic_compression_ratio_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SMALL", 2**20)
    bomb = lzma.compress(bytes(2**24), preset=0)
    with pytest.raises(ArchiveTooLargeError, match=r"^x unpacks to more than 1048576 bytes$"):
        unpack(bomb, piece=2**22)


def test_a_compression_that_needs_too_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2**28}]
    with pytest.raises(ArchiveError, match="damaged or cut short"):
        unpack(lzma.compress(b"x", filters=filters))


def test_fill_combines_several_reads() -> None:
    assert fill(Prefixed(b"ab", io.BytesIO(b"cde")), 4) == b"abcd"
    assert fill(io.BytesIO(b"ab"), 4) == b"ab"
    assert fill(io.BytesIO(b"ab"), 0) == b""


def test_a_zstd_archive_without_the_zstd_extra_is_refused_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compression, "IS_INSTALLED", False)
    with pytest.raises(ArchiveError, match=r"cannot read zstd; run pip install 'passmuster\[zstd"):
        unpack(zstd.compress(WHOLE))
    assert unpack(gzip.compress(WHOLE)) == WHOLE
