"""Read a file of images in any supported format."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from musterd.archives import docker_archive, listing_json
from musterd.archives.compression import ByteStream, Prefixed, fill, unpacked
from musterd.archives.contents import Directory
from musterd.archives.limits import Budget, Limits, Received, check_size
from musterd.archives.tar import NotATarError
from musterd.errors import ImportFileError
from musterd.images.image import Image

_STDIN = "-"
_BOM = b"\xef\xbb\xbf"
# Bytes, enough to detect JSON after any white space.
_START = 4096
# Bytes; a listing of a million images is about this long.
_LARGEST_LISTING = 2**29


def read(path: str, limits: Limits | None = None) -> list[Image]:
    """Read the images in the file at *path*; ``-`` is standard input.

    Raises:
        ImportFileError: The file cannot be read, is too large, or is not a List Images response, a
            `docker save` archive, or an OCI image layout.
    """
    name = "standard input" if path == _STDIN else path
    budget = Budget(limits or Limits(), name)
    try:
        if path != _STDIN and Path(path).is_dir():
            return docker_archive.images(Directory(Path(path), budget))
        with _opened(path) as file:
            return _parse(Received(file, budget), budget)
    except OSError as error:
        raise ImportFileError(f"cannot read {name}: {error.strerror or error}") from error


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == _STDIN:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as file:
        yield file


def _parse(file: ByteStream, budget: Budget) -> list[Image]:
    name = budget.name
    file = unpacked(file, name, budget)
    start = fill(file, _START)
    text = start.removeprefix(_BOM).lstrip()
    if not text:
        raise ImportFileError(f"{name} is empty")
    if not text.startswith((b"[", b"{")):
        try:
            return docker_archive.parse(Prefixed(start, file), budget)
        except NotATarError as error:
            raise ImportFileError(
                f"{name} is neither a List Images response nor an archive of `docker save` nor an "
                "OCI image layout"
            ) from error
    listing = fill(Prefixed(start, file), _LARGEST_LISTING + 1)
    check_size(len(listing), _LARGEST_LISTING, name)
    return listing_json.parse(listing.removeprefix(_BOM), name)
