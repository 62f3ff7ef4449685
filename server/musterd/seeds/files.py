"""Read files of images in any format: seed files, and what `musterd.archives` reads."""

from collections.abc import Sequence
from pathlib import Path

from musterd.archives import reader
from musterd.archives.limits import Limits
from musterd.errors import ImportFileError, SeedError
from musterd.seeds import document
from musterd.seeds.addition import Item

_SUFFIXES = (".yaml", ".yml")
# Bytes; a description has about a hundred.
_LARGEST = 16 * 2**20


def read(path: str, limits: Limits | None = None) -> Sequence[Item]:
    """Read the file at *path*; ``-`` is standard input, which cannot be a seed file.

    Args:
        path: The path. The end of its name, ``.yaml`` or ``.yml``, makes it a seed file.
        limits: The limits on archives.

    Raises:
        ImportFileError: The file cannot be read, or has no such content.
    """
    if not path.lower().endswith(_SUFFIXES):
        return reader.read(path, limits)
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except OSError as error:
        raise ImportFileError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise SeedError(f"{path} is not UTF-8 text") from None
    if len(data) > _LARGEST:
        raise SeedError(f"{path} has more than {_LARGEST} bytes")
    return document.parse(text, path)
