"""Options of commands that put images on a server, and what is told of these."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from muster import fixtures, planting
from muster.exchange import Request
from muster.fixtures import Archive, Planted
from muster.transport import Transport, reads_only

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PlantingOptions:
    """Which images the suite puts on a server.

    Attributes:
        plant: whether it puts any there.
    """

    plant: bool = False

    def archive(self) -> Archive | None:
        """The images to plant in one run, under names of its own; None without any."""
        return fixtures.build(secrets.token_hex(4)) if self.plant else None


def planting_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `plants`."""

    @click.option(
        "--plant",
        is_flag=True,
        help="Load fixture images first, and remove them after: more can be checked on these.",
    )
    @functools.wraps(command)
    def with_planting(*args: Any, plant: bool, **kwargs: Any) -> Any:
        return command(*args, plants=PlantingOptions(plant), **kwargs)

    return with_planting  # type: ignore[return-value]  # click's decorators keep the type


def permission(archive: Archive | None) -> Callable[[Request], bool]:
    """What may be sent while *archive* is planted, if any is."""
    return planting.permission(archive) if archive else reads_only


@contextmanager
def planted(transport: Transport, archive: Archive | None) -> Iterator[tuple[Planted, ...]]:
    """Plant the images of *archive*, if any, and say what could not be removed afterwards."""
    if archive is None:
        yield ()
        return
    place = None
    try:
        with planting.planted(transport, archive) as place:
            yield archive.images
    finally:
        for left in () if place is None else place.residue:
            click.echo(f"muster: could not be removed: {left}", err=True)
