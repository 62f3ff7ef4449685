"""Limits on the resources that reading an archive may take.

`Limits` are set by the operator. A `Budget` counts the cost of reading one archive, and refuses
costs that the archive's size does not justify. Work is counted in steps of about a microsecond; an
archive may take a million, and one more for each byte received.
"""

import enum
from dataclasses import dataclass
from typing import IO

from musterd.errors import ArchiveTooLargeError

# The most layers of an image; moby's overlay2 driver stacks 128.
MAX_LAYERS = 1000
# The most steps of an image's history, each of which a response shows.
MAX_HISTORY = 10_000

_MIB = 2**20
_GIB = 2**30
# The limit on all documents of an archive, as a multiple of the largest; they are kept in memory.
_DOCUMENTS = 8
# The highest compression ratio allowed; real archives, unless small, stay below it.
_RATIO = 100
_SMALL = 256 * _MIB
# Bytes of memory for two decompressors with the largest windows; and for each byte of a document,
# and for each entry.
_MEMORY = 256 * _MIB
_PER_DOCUMENT = 32
_PER_ENTRY = 256
# Processor time: seconds for any archive, and the bytes that add another second.
_SECONDS = 10
_BYTES_PER_SECOND = _MIB
# Steps for any archive, however small.
_STEPS = 1_000_000


class Cost(enum.IntEnum):
    """The cost of each part of an archive in steps: rounded microseconds.

    Attributes:
        HOP: Following a link.
        PATH: Sixteen characters of a stored path.
        RECORD: A record of a pax header.
        HEADER: A tar header: of a file, or an extension of the next header.
        REFERENCE: A reference from a document to a layer or another document.
        MEMBER: A compressed stream that follows another one.
        LABEL: A label, which becomes a database row in a bulk insert.
        TAG: A tag, which takes its own database statements.
        FILE: A file or link outside of layers, which is hashed and stored.
        IMAGE: An image, with its database statements.
    """

    HOP = 1
    PATH = 1
    RECORD = 1
    HEADER = 8
    REFERENCE = 8
    MEMBER = 16
    LABEL = 16
    TAG = 256
    FILE = 32
    IMAGE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits on an archive to load or import.

    Attributes:
        archive_size: Bytes as sent.
        unpacked_size: Decompressed bytes, of the archive and its layers together.
        document_size: Bytes of one manifest, config or index.
        entries: Files, directories and links, in the archive and its layers together.
    """

    archive_size: int = 4 * _GIB
    unpacked_size: int = 8 * _GIB
    document_size: int = 4 * _MIB
    entries: int = 500_000

    @property
    def memory(self) -> int:
        """Bytes of memory for reading an archive, in addition to Python's own."""
        return _MEMORY + _PER_DOCUMENT * self.document_size + _PER_ENTRY * self.entries


def processor_time(size: int) -> int:
    """Return the seconds of processor time for reading an archive of *size* bytes.

    A budget refuses an archive long before; this limit covers what no budget counts.
    """
    return _SECONDS + size // _BYTES_PER_SECOND


def check_size(size: int, limit: int, name: str) -> None:
    """Refuse more than *limit* bytes.

    Args:
        size: The bytes so far.
        limit: The most bytes allowed.
        name: The name of the source in messages.

    Raises:
        ArchiveTooLargeError: *size* exceeds *limit*.
    """
    if size > limit:
        raise ArchiveTooLargeError(f"{name} has more than {limit} bytes")


class Budget:
    """The resources that one archive may still use.

    Attributes:
        name: The name of the archive in messages.
        received: The bytes of the archive received so far.
    """

    def __init__(self, limits: Limits, name: str) -> None:
        self.limits = limits
        self.name = name
        self._entries = limits.entries
        self.received = 0
        self._steps = 0
        self._unpacked = 0
        self._documents = limits.document_size * _DOCUMENTS

    def receive(self, count: int) -> None:
        """Count received bytes of the archive, which justify other costs."""
        self.received += count

    def spend(self, cost: Cost, count: int = 1) -> None:
        """Count *count* parts of one kind.

        Raises:
            ArchiveTooLargeError: The costs exceed the limits. The other methods raise this too.
        """
        self._steps += cost * count
        if self._steps > _STEPS + self.received:
            raise ArchiveTooLargeError(
                f"{self.name} holds more files, headers, names or labels than an archive of its "
                f"size may: reading it takes more than {_STEPS} steps and one for each byte"
            )

    def spend_entry(self) -> None:
        """Count a tar header: of a file, directory or link, or an extension of the next header."""
        self._entries -= 1
        if self._entries < 0:
            raise ArchiveTooLargeError(
                f"{self.name} and its layers hold more than {self.limits.entries} files"
            )
        self.spend(Cost.HEADER)

    def spend_unpacked(self, count: int) -> None:
        """Count decompressed bytes."""
        self._unpacked += count
        allowed = min(self.limits.unpacked_size, max(_SMALL, self.received * _RATIO))
        if self._unpacked > allowed:
            raise ArchiveTooLargeError(f"{self.name} unpacks to more than {allowed} bytes")

    def spend_document(self, count: int) -> None:
        """Count the bytes of a document to keep in memory."""
        self._documents -= count
        if self._documents < 0:
            total = self.limits.document_size * _DOCUMENTS
            raise ArchiveTooLargeError(f"{self.name} has more than {total} bytes of documents")

    def check_layers(self, count: int, path: str) -> None:
        """Refuse an image with too many layers; otherwise count its layers."""
        if count > MAX_LAYERS:
            raise ArchiveTooLargeError(
                f"{self.name}: {path} has {count} layers; an image may have {MAX_LAYERS}"
            )
        self.spend(Cost.REFERENCE, count)

    def check_history(self, count: int, path: str) -> None:
        """Refuse an image with too long a history."""
        if count > MAX_HISTORY:
            raise ArchiveTooLargeError(
                f"{self.name}: {path} has a history of {count} steps; an image may have "
                f"{MAX_HISTORY}"
            )


class Received:
    """A file that counts each byte read as received."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file = file
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes; none only at the end.

        Raises:
            ArchiveTooLargeError: The file exceeds the limit on archives.
            OSError: The file cannot be read.
        """
        data = self._file.read(size)
        self._budget.receive(len(data))
        check_size(self._budget.received, self._budget.limits.archive_size, self._budget.name)
        return data
