"""The file that lists images planted by hand; `muster fixtures` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from muster.errors import UsageError
from muster.planting.fixtures import Origin, Planted
from muster.planting.state import PlantedState
from muster.register.requirements import Need


class File(msgspec.Struct, frozen=True):
    """The content of the file.

    Attributes:
        format: Version of the file format.
        run: The name of the namespace.
        images: The images of the archive that belongs to the file.
    """

    run: str
    images: tuple[Planted, ...]
    format: Literal[1] = 1


def text(run: str, images: tuple[Planted, ...]) -> bytes:
    """Return the content of the file for *images* of *run*."""
    return msgspec.json.format(msgspec.json.encode(File(run, images))) + b"\n"


def read(path: Path) -> PlantedState:
    """Return the images listed in the file at *path*, as planted by hand.

    The suite must not change them: they belong to somebody else.

    Raises:
        UsageError: If there is no such file.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=File)
    except OSError as error:
        raise UsageError(f"--planted {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UsageError(
            f"--planted {path}: not a file of `muster fixtures OUT.tar --planted FILE`: {error}"
        ) from error
    many = any(image.origin is Origin.MANY for image in file.images)
    return PlantedState(file.images, frozenset({Need.PLANTED, *([Need.MANY] if many else [])}))
