"""Read tar archives sequentially, in constant memory.

Python's own `tarfile` keeps every header, accepts extended headers of any size, and (before
3.11.14) loops forever at a negative size. This module reads the formats that Docker reads, v7,
ustar, pax and GNU, by the rules of Go's ``archive/tar``.
"""

import enum
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from musterd.archives.compression import ByteStream, fill
from musterd.archives.limits import Budget, Cost
from musterd.errors import ArchiveError

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_CHUNK = 2**18
# Bytes; the longest path in Linux has 4096, and an extended attribute 65536.
_LONGEST_PATH = 4096
_LARGEST_EXTENSION = 2**20
_CHECKSUM = slice(148, 156)
_BASE_256 = 0x80
_LARGEST_SIZE = 2**63 - 1
_OCTAL = re.compile(rb"[0-7]+")
# The start of a record; its length determines the end of the value.
_RECORD = re.compile(rb"([0-9]{1,9}) ([^=]{1,65536})=")
_PAX_KEYS = {b"path": "path", b"linkpath": "linkpath", b"size": "size"}
_SPARSE = b"S"
_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK = b"x", b"g", b"L", b"K"


class Kind(enum.Enum):
    """The type of an entry."""

    FILE = enum.auto()
    HARD_LINK = enum.auto()
    SYMBOLIC_LINK = enum.auto()
    DIRECTORY = enum.auto()
    OTHER = enum.auto()


_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMBOLIC_LINK,
    b"5": Kind.DIRECTORY,
}
# Types of entries without content, even if their header has a size.
_WITHOUT_CONTENT = frozenset(b"123456")


class NotATarError(ArchiveError):
    """A file does not start like a tar archive."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive.

    Attributes:
        path: The relative path, without empty and ``.`` segments; ``..`` remains only where it
            leads outside.
        kind: The type of the entry.
        size: The size of the content in bytes.
        target: The target of a link, as written.
    """

    path: str
    kind: Kind
    size: int
    target: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether the path leads out of the archive."""
        return is_outside(self.path)


def is_outside(path: str) -> bool:
    """Tell whether a normalized path leads out of its directory."""
    return path.startswith(("../", "/")) or path == ".."


class Content:
    """The content of the current entry, which becomes invalid with the next one."""

    def __init__(self, source: ByteStream, size: int, name: str) -> None:
        self._source = source
        self._left = size
        self._name = name

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes; none only at the end.

        Raises:
            ArchiveError: The archive ends before the content does.
        """
        wanted = min(size, self._left)
        if not wanted:
            return b""
        result = self._source.read(wanted)
        if not result:
            raise ArchiveError(f"{self._name} is damaged or cut short: its end is missing")
        self._left -= len(result)
        return result


def drain(source: ByteStream) -> None:
    """Read *source* to its end."""
    while source.read(_CHUNK):
        pass


def entries(source: ByteStream, name: str, budget: Budget) -> Iterator[tuple[Entry, Content]]:
    """Iterate over the entries of a tar archive, and read it to the end.

    Args:
        source: The uncompressed archive.
        name: Its name in messages.
        budget: The budget for the entries.

    Raises:
        NotATarError: It is not a tar archive.
        ArchiveError: It is damaged or truncated, or has entries that `docker save` never writes.
    """
    buffered = _Buffered(source)
    reader = _Reader(buffered, name, budget)
    while (entry := reader.next()) is not None:
        content = Content(buffered, entry.size, name)
        yield entry, content
        if entry.size:
            drain(content)
            reader.skip(-entry.size % _BLOCK)
    drain(buffered)


class _Buffered:
    """A stream that is read in large pieces, because headers are small."""

    def __init__(self, source: ByteStream) -> None:
        self._source = source
        self._buffer = b""
        self._start = 0

    def read(self, size: int, /) -> bytes:
        if self._start == len(self._buffer):
            self._buffer = self._source.read(_CHUNK)
            self._start = 0
        result = self._buffer[self._start : self._start + size]
        self._start += len(result)
        return result


class _Reader:
    """A reader of headers; the caller reads the content between them."""

    def __init__(self, source: ByteStream, name: str, budget: Budget) -> None:
        self._source = source
        self._name = name
        self._budget = budget
        self._is_first = True

    def next(self) -> Entry | None:
        """Read the next entry's header and its extensions; None at the end."""
        extended: dict[str, str] = {}
        while (header := self._header()) is not None:
            self._budget.spend_entry()
            kind = header[156:157]
            if kind == _SPARSE:
                raise self._damaged("it holds a sparse file, which cannot be read")
            if kind not in (_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK):
                return self._entry(header, extended)
            payload = self._payload(self._number(header[124:136]))
            if kind == _PAX:
                extended |= self._records(payload)
            elif kind == _GNU_NAME:
                extended["path"] = _text(payload)
            elif kind == _GNU_LINK:
                extended["linkpath"] = _text(payload)
        if extended:
            raise self._damaged("its end is missing")
        return None

    def skip(self, count: int) -> None:
        """Skip the padding after a content."""
        self._exactly(count)

    def _header(self) -> bytes | None:
        header = fill(self._source, _BLOCK)
        # A block of zeros marks the end; some programs omit it.
        if header in (b"", _ZEROS):
            return None
        problem = None
        if len(header) < _BLOCK:
            problem = "truncated header"
        elif not _is_checksum_right(header):
            problem = "bad checksum"
        if problem is not None:
            if self._is_first:
                raise NotATarError(f"{self._name} is not a tar")
            raise self._damaged(problem)
        self._is_first = False
        return header

    def _entry(self, header: bytes, extended: dict[str, str]) -> Entry:
        path = extended.get("path")
        if path is None:
            path = _text(header[:100])
            # GNU's format uses this field for other data than the prefix of a long path.
            if header[257:263] == b"ustar\0" and (prefix := _text(header[345:500])):
                path = f"{prefix}/{path}"
        target = extended.get("linkpath", _text(header[157:257]))
        if max(len(path), len(target)) > _LONGEST_PATH:
            raise self._damaged(f"a path has more than {_LONGEST_PATH} characters")
        kind = _KINDS.get(header[156:157], Kind.OTHER)
        if kind is Kind.FILE and path.endswith("/"):
            kind = Kind.DIRECTORY
        size = self._size(header, extended)
        if header[156] in _WITHOUT_CONTENT:
            size = 0
        return Entry(posixpath.normpath(path.lstrip("/")), kind, size, target)

    def _size(self, header: bytes, extended: dict[str, str]) -> int:
        text = extended.get("size")
        if text is None:
            return self._number(header[124:136])
        if not (text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST_SIZE))):
            raise self._damaged(f"{text[:40]} is not a size")
        return int(text)

    def _number(self, field: bytes) -> int:
        """Parse a number: octal digits, or for large numbers bytes with the first bit set."""
        if field[0] & _BASE_256:
            number = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:])
            # The second bit marks a negative number, which is too large here as well.
            if number > _LARGEST_SIZE:
                raise self._damaged("a size is negative or absurd")
            return number
        digits = field.strip(b" \0")
        if digits and _OCTAL.fullmatch(digits) is None:
            raise self._damaged("a size is not a number")
        return int(digits or b"0", 8)

    def _payload(self, size: int) -> bytes:
        if size > _LARGEST_EXTENSION:
            raise self._damaged(f"a header has {size} bytes")
        payload = self._exactly(size)
        self._exactly(-size % _BLOCK)
        return payload

    def _records(self, payload: bytes) -> dict[str, str]:
        """Parse the pax records in *payload*, each with its length, a key and a value."""
        records = {}
        at = 0
        while at < len(payload):
            found = _RECORD.match(payload, at)
            end = 0 if found is None else at + int(found[1])
            if found is None or end < found.end() or payload[end - 1 : end] != b"\n":
                raise self._damaged("a pax header is malformed")
            self._budget.spend(Cost.RECORD)
            key = found[2]
            if key.startswith(b"GNU.sparse."):
                raise self._damaged("it holds a sparse file, which cannot be read")
            if key in _PAX_KEYS:
                records[_PAX_KEYS[key]] = _text(payload[found.end() : end - 1])
            at = end
        return {key: value for key, value in records.items() if value}

    def _exactly(self, count: int) -> bytes:
        data = fill(self._source, count)
        if len(data) < count:
            raise self._damaged("its end is missing")
        return data

    def _damaged(self, reason: str) -> ArchiveError:
        return ArchiveError(f"{self._name} is damaged or cut short: {reason}")


def _is_checksum_right(header: bytes) -> bool:
    digits = header[_CHECKSUM].strip(b" \0")
    if _OCTAL.fullmatch(digits) is None:
        return False
    # The checksum field itself counts as eight spaces.
    total = sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" ")
    if int(digits, 8) == total:
        return True
    # Old programs add the bytes up as signed numbers.
    rest = header[: _CHECKSUM.start] + header[_CHECKSUM.stop :]
    return int(digits, 8) == total - 256 * sum(byte >= _BASE_256 for byte in rest)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
