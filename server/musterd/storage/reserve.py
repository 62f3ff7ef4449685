"""Disk space reserved for deletions on a full disk."""

import contextlib
import os
from pathlib import Path

# Bytes: what SQLite writes to delete a few hundred images.
SIZE = 2**20


class Reserve:
    """A file beside a catalogue that can be deleted to free space.

    SQLite has to write in order to delete, so without a reserve a full disk could never be emptied.
    Once a process has freed the space, no other can; it is reserved again as soon as there is room.
    """

    def __init__(self, catalogue: Path) -> None:
        self._path = catalogue.with_name(f"{catalogue.name}-reserve")

    @property
    def is_filled(self) -> bool:
        """Whether the space is reserved."""
        return self._path.exists()

    def fill(self) -> None:
        """Reserve the space, if there is enough."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, SIZE)
            except OSError:
                self._path.unlink()
            finally:
                os.close(descriptor)

    def release(self) -> bool:
        """Free the space; tell whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
