"""How much an archive may ask for before it is refused.

Two kinds of limits: `Limits` are what an operator sets, and `Budget` counts what reading one
archive takes, and refuses what its size does not justify. Work is counted in steps of about a
microsecond; an archive may take a million, and one more for each byte of it that has come.
"""

import enum
from dataclasses import dataclass
from typing import IO

from musterd.errors import ArchiveTooLargeError

#: Layers that an image may have; moby's overlay2 driver stacks 128.
MAX_LAYERS = 1000

_MIB = 2**20
_GIB = 2**30
# All documents of an archive together are held in memory, as many times the largest one.
_DOCUMENTS = 8
# What real archives never shrink below, once they are not small: a hundredth of what is in them.
_RATIO = 100
_SMALL = 256 * _MIB
# Bytes of memory: for two decompressors with the largest windows, and for what is remembered of a
# document's byte and of an entry.
_MEMORY = 256 * _MIB
_PER_DOCUMENT = 32
_PER_ENTRY = 256
# Processor time: seconds for any archive, and bytes for which another one is added.
_SECONDS = 10
_BYTES_PER_SECOND = _MIB
# Steps that an archive may take, however small it is.
_STEPS = 1_000_000


class Cost(enum.IntEnum):
    """Steps for each part of an archive: the microseconds that it takes, in round figures.

    Attributes:
        HOP: Following a link to another.
        PATH: Sixteen characters of a path that is remembered.
        RECORD: One record of a pax header.
        HEADER: A tar header: of a file, or of what extends the next one.
        REFERENCE: A layer or another document that a document names.
        MEMBER: A compressed stream that follows another one.
        LABEL: A label, which becomes a row in the database with others.
        TAG: A tag, which takes statements of its own there.
        FILE: A file or link that is no part of a layer: it is hashed and remembered.
        IMAGE: An image, likewise.
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
    """What an archive, loaded or imported, may have at most."""

    #: Bytes, as sent.
    archive_size: int = 4 * _GIB
    #: Bytes that come out of all compression in it together.
    unpacked_size: int = 8 * _GIB
    #: Bytes of one manifest, config or index.
    document_size: int = 4 * _MIB
    #: Files, directories and links, in the archive and in its layers together.
    entries: int = 500_000

    @property
    def memory(self) -> int:
        """Bytes of memory that reading an archive may take, on top of Python's own."""
        return _MEMORY + _PER_DOCUMENT * self.document_size + _PER_ENTRY * self.entries


def processor_time(size: int) -> int:
    """Return the seconds of processor time that reading an archive of *size* bytes may take.

    A budget refuses an archive long before; this limit catches what no budget counts.
    """
    return _SECONDS + size // _BYTES_PER_SECOND


def check_size(size: int, limit: int, name: str) -> None:
    """Refuse what has more than *limit* bytes.

    Args:
        size: The bytes that have come so far.
        limit: The bytes that there may be.
        name: What to call it in messages.

    Raises:
        ArchiveTooLargeError: It has more.
    """
    if size > limit:
        raise ArchiveTooLargeError(f"{name} has more than {limit} bytes")


class Budget:
    """What of the limits one archive has left."""

    def __init__(self, limits: Limits, name: str) -> None:
        self.limits = limits
        #: What to call the archive in messages.
        self.name = name
        self._entries = limits.entries
        #: Bytes of the archive that have come so far.
        self.received = 0
        self._steps = 0
        self._unpacked = 0
        self._documents = limits.document_size * _DOCUMENTS

    def receive(self, count: int) -> None:
        """Count bytes of the archive as it was sent: they justify what else is counted."""
        self.received += count

    def spend(self, cost: Cost, count: int = 1) -> None:
        """Count *count* parts of the same kind.

        Raises:
            ArchiveTooLargeError: They are more than the limits allow; as below.
        """
        self._steps += cost * count
        if self._steps > _STEPS + self.received:
            raise ArchiveTooLargeError(
                f"{self.name} holds more files, headers, names or labels than an archive of its "
                f"size may: reading it takes more than {_STEPS} steps and one for each byte"
            )

    def spend_entry(self) -> None:
        """Count a tar header: a file, directory or link, or what extends the next one."""
        self._entries -= 1
        if self._entries < 0:
            raise ArchiveTooLargeError(
                f"{self.name} and its layers hold more than {self.limits.entries} files"
            )
        self.spend(Cost.HEADER)

    def spend_unpacked(self, count: int) -> None:
        """Count bytes that came out of a compression."""
        self._unpacked += count
        allowed = min(self.limits.unpacked_size, max(_SMALL, self.received * _RATIO))
        if self._unpacked > allowed:
            raise ArchiveTooLargeError(f"{self.name} unpacks to more than {allowed} bytes")

    def spend_document(self, count: int) -> None:
        """Count the bytes of a document that is kept in memory."""
        self._documents -= count
        if self._documents < 0:
            total = self.limits.document_size * _DOCUMENTS
            raise ArchiveTooLargeError(f"{self.name} has more than {total} bytes of documents")

    def check_layers(self, count: int, path: str) -> None:
        """Refuse an image with too many layers, and count those of any other."""
        if count > MAX_LAYERS:
            raise ArchiveTooLargeError(
                f"{self.name}: {path} has {count} layers; an image may have {MAX_LAYERS}"
            )
        self.spend(Cost.REFERENCE, count)


class Received:
    """A file, each byte of which is counted as received."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file = file
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes, and none only at the end.

        Raises:
            ArchiveTooLargeError: The file is larger than an archive may be.
            OSError: It cannot be read.
        """
        data = self._file.read(size)
        self._budget.receive(len(data))
        check_size(self._budget.received, self._budget.limits.archive_size, self._budget.name)
        return data
