"""The file that says which images somebody planted by hand: `muster fixtures` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from muster.errors import UsageError
from muster.planting.fixtures import Origin, Planted
from muster.planting.state import PlantedState
from muster.register.requirements import Need


class File(msgspec.Struct, frozen=True):
    """What the file holds.

    Attributes:
        format: Of the file.
        run: The name of the namespace.
        images: The images that the archive beside it has.
    """

    run: str
    images: tuple[Planted, ...]
    format: Literal[1] = 1


def text(run: str, images: tuple[Planted, ...]) -> bytes:
    """Return the file for *images* of *run*."""
    return msgspec.json.format(msgspec.json.encode(File(run, images))) + b"\n"


def read(path: Path) -> PlantedState:
    """Return what there is, if the images of the file at *path* were planted by hand.

    Nothing gives leave to change such images: they are somebody else's by now.

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
