"""Disk space that is kept for deleting images when there is no other left."""

import contextlib
import os
from pathlib import Path

#: Bytes: what SQLite writes to delete some hundred images.
SIZE = 2**20


class Reserve:
    """A file beside a catalogue that is there to be removed.

    SQLite writes to delete, so that a full disk could never be emptied. What one process has given
    up another one cannot; it is made anew as soon as there is room.
    """

    def __init__(self, catalogue: Path) -> None:
        self._path = catalogue.with_name(f"{catalogue.name}-reserve")

    @property
    def is_filled(self) -> bool:
        """Whether the space is taken."""
        return self._path.exists()

    def fill(self) -> None:
        """Take the space, if there is enough."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, SIZE)
            except OSError:
                self._path.unlink()
            finally:
                os.close(descriptor)

    def release(self) -> bool:
        """Give the space up; tell whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
