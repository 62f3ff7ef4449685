"""Decompress streams in bounded memory.

Like Docker, support gzip, bzip2, xz and zstd, and detect them by their first bytes (moby v20.10
``pkg/archive/archive.go:DetectCompression``).
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from musterd.archives.limits import Budget, Cost
from musterd.errors import ArchiveError
from musterd.zstandard import IS_INSTALLED, zstd

_CHUNK = 2**16
# Bytes to feed first to the decompressor of a stream that follows another one.
_FIRST = 2**10
# Bytes of memory for decompression: the largest window of any compression level is 128 MiB (zstd
# -22), and xz -9 needs 64 MiB.
_MEMORY = 160 * 2**20
_WINDOW_LOG = 27
_DAMAGE = (
    *(OSError, ValueError, zlib.error, lzma.LZMAError),
    *([zstd.ZstdError] if IS_INSTALLED else []),
)


class ByteStream(Protocol):
    """A stream that can be read sequentially."""

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes; none only at the end."""
        ...


class _Decompressor(Protocol):
    """The common interface of the standard library's decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """Adapt zlib's decompressor to the interface of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        result = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        # If the result has the maximum length, more may be buffered.
        self.needs_input = not self._zlib.unconsumed_tail and len(result) < max_length
        return result


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY)


def _zstd() -> _Decompressor:
    if not IS_INSTALLED:
        raise ArchiveError(
            "this musterd cannot read zstd; run pip install 'passmuster[zstd]', or use Python 3.14"
        )
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


_KINDS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b\x08": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
_LONGEST = max(map(len, _KINDS))


def unpacked(source: ByteStream, name: str, budget: Budget) -> ByteStream:
    """Return the content of *source*, decompressed if it is compressed.

    Args:
        source: The stream to read.
        name: Its name in messages.
        budget: The budget for decompressed bytes.
    """
    start = fill(source, _LONGEST)
    source = Prefixed(start, source)
    for magic, make in _KINDS.items():
        if start.startswith(magic):
            return _Unpacked(source, make, name, budget)
    return source


def fill(source: ByteStream, size: int) -> bytes:
    """Read *size* bytes; fewer only at the end of *source*."""
    pieces = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class Prefixed:
    """A stream whose first bytes have been read already."""

    def __init__(self, start: bytes, rest: ByteStream) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes; none only at the end."""
        if not self._start:
            return self._rest.read(size)
        result, self._start = self._start[:size], self._start[size:]
        return result


class _Unpacked:
    """The content of one or more consecutive compressed streams."""

    def __init__(
        self, source: ByteStream, make: Callable[[], _Decompressor], name: str, budget: Budget
    ) -> None:
        self._source = source
        self._make = make
        self._name = name
        self._budget = budget
        self._current = make()
        self._failure: ArchiveError | None = None
        # Compressed bytes, and how many of them a decompressor has consumed.
        self._packed = b""
        self._used = 0
        self._portion = _CHUNK
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes; none only at the end.

        Raises:
            ArchiveError: The compressed data is damaged, truncated, or expands too much.
        """
        if self._failure is not None:
            raise self._failure
        try:
            result = self._read(size)
            self._budget.spend_unpacked(len(result))
        except ArchiveError as error:
            self._failure = error
            raise
        return result

    def _read(self, size: int) -> bytes:
        result = b""
        while not result:
            data = b""
            if self._current.eof:
                if self._is_over or not self._begin_next():
                    self._is_over = True
                    break
            elif self._current.needs_input:
                data = self._portion_of_packed()
                if not data:
                    raise self._damaged("its end is missing")
            try:
                result = self._current.decompress(data, size)
            except _DAMAGE as error:
                raise self._damaged(str(error)) from error
        return result

    def _portion_of_packed(self) -> bytes:
        """Return the next compressed bytes, in smaller portions at the start of a stream.

        A decompressor copies the bytes after its stream, which must not cost more than the stream
        itself.
        """
        if self._used == len(self._packed):
            self._packed = self._source.read(_CHUNK)
            self._used = 0
        portion = self._packed[self._used : self._used + self._portion]
        self._used += len(portion)
        self._portion = _CHUNK
        return portion

    def _begin_next(self) -> bool:
        """Start the next compressed stream, if there is one; skip padding zeros before it."""
        self._used -= len(self._current.unused_data)
        while not (rest := self._packed[self._used : self._used + _FIRST].lstrip(b"\0")):
            self._used = min(self._used + _FIRST, len(self._packed))
            if self._used == len(self._packed):
                self._packed = self._source.read(_CHUNK)
                self._used = 0
                if not self._packed:
                    return False
        self._used = min(self._used + _FIRST, len(self._packed)) - len(rest)
        self._budget.spend(Cost.MEMBER)
        self._current = self._make()
        self._portion = _FIRST
        return True

    def _damaged(self, reason: str) -> ArchiveError:
        return ArchiveError(f"{self._name} is damaged or cut short: {reason}")
