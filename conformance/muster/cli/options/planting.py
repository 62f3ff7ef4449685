"""Options of commands that put images on a server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.planting.session import PlantingOptions

Command = TypeVar("Command", bound=Callable[..., Any])


def planting_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `plants`."""

    @click.option(
        "--plant",
        is_flag=True,
        help="Load fixture images first, and remove them after: more can be checked on these.",
    )
    @click.option(
        "--plant-many",
        metavar="N",
        type=click.IntRange(min=1),
        help="With --plant: load N more images, e.g. 300, to see that no listing is cut off.",
    )
    @click.option(
        "--registry-address",
        metavar="HOST:PORT",
        help="With --plant: serve images there, e.g. at 127.0.0.1:5055, for the server to pull, "
        "so that they have digests. Over plain HTTP, which the server must allow; it does on "
        "127.0.0.1.",
    )
    @click.option(
        "--planted",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The images of `muster fixtures OUT.tar --planted FILE` were loaded by hand.",
    )
    @functools.wraps(command)
    def with_planting(
        *args: Any,
        plant: bool,
        plant_many: int | None,
        registry_address: str | None,
        planted: Path | None,
        **kwargs: Any,
    ) -> Any:
        plants = PlantingOptions(
            plant, plant_many or 0, registry_address or "", planted, tell=_tell
        )
        return command(*args, plants=plants, **kwargs)

    return with_planting  # type: ignore[return-value]  # click's decorators keep the type


def _tell(text: str) -> None:
    click.echo(f"muster: {text}", err=True)
