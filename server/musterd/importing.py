"""Reading a file of images, whichever kind it is."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from musterd import archive, import_listing
from musterd.errors import ImportFileError
from musterd.image import Image

_STDIN = "-"
_BOM = b"\xef\xbb\xbf"
# Enough to see whether JSON begins, behind whatever white space.
_START = 4096


def read(path: str) -> list[Image]:
    """Read the images in the file at *path*, ``-`` for standard input.

    Raises:
        ImportFileError: The file cannot be read, or is neither a List Images response nor a
            `docker save` archive.
    """
    name = "standard input" if path == _STDIN else path
    try:
        with _opened(path) as file:
            return _parse(file, name)
    except OSError as error:
        raise ImportFileError(f"cannot read {name}: {error.strerror or error}") from error


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path != _STDIN:
        with open(path, "rb") as file:  # noqa: PTH123  # Path.open says the same at more length
            yield file
        return
    # Archives are not read from front to back, and a pipe cannot be read otherwise.
    with tempfile.TemporaryFile() as spooled:
        shutil.copyfileobj(sys.stdin.buffer, spooled)
        spooled.seek(0)
        yield spooled


def _parse(file: BinaryIO, name: str) -> list[Image]:
    start = file.read(_START).removeprefix(_BOM).lstrip()
    file.seek(0)
    if not start:
        raise ImportFileError(f"{name} is empty")
    if start.startswith((b"[", b"{")):
        return import_listing.parse(file.read().removeprefix(_BOM), name)
    return archive.read(file, name)
