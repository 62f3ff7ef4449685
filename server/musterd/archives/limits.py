"""How much an archive may ask for before it is refused."""

from dataclasses import dataclass

from musterd.errors import ArchiveTooLargeError

_MIB = 2**20
_GIB = 2**30
# All documents of an archive together are held in memory, as many times the largest one.
_DOCUMENTS = 8
# What real archives never shrink below, once they are not small: a hundredth of what is in them.
_RATIO = 100
_SMALL = 256 * _MIB


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
        self._unpacked = 0
        self._packed = 0
        self._documents = limits.document_size * _DOCUMENTS

    def spend_entry(self) -> None:
        """Count a file, directory or link.

        Raises:
            ArchiveTooLargeError: It is one too many; as below.
        """
        self._entries -= 1
        if self._entries < 0:
            raise ArchiveTooLargeError(
                f"{self.name} and its layers hold more than {self.limits.entries} files"
            )

    def spend_unpacked(self, count: int, packed: int) -> None:
        """Count bytes that came out of a compression, and those that went in for them."""
        self._unpacked += count
        self._packed += packed
        allowed = min(self.limits.unpacked_size, max(_SMALL, self._packed * _RATIO))
        if self._unpacked > allowed:
            raise ArchiveTooLargeError(f"{self.name} unpacks to more than {allowed} bytes")

    def spend_document(self, count: int) -> None:
        """Count the bytes of a document that is kept in memory."""
        self._documents -= count
        if self._documents < 0:
            total = self.limits.document_size * _DOCUMENTS
            raise ArchiveTooLargeError(f"{self.name} has more than {total} bytes of documents")
