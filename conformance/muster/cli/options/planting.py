"""Options of commands that load fixture images into a server."""

from __future__ import annotations

from pathlib import Path

import click
import cloup

from muster.cli import console
from muster.cli.options.collected import collected
from muster.planting.session import PlantingOptions


def _options(
    plant: bool,  # noqa: FBT001 - click passes them by name
    plant_many: int | None,
    registry_address: str | None,
    planted: Path | None,
) -> PlantingOptions:
    return PlantingOptions(
        plant, plant_many or 0, registry_address or "", planted, tell=console.tell
    )


planting_options = collected(
    "plants",
    _options,
    cloup.option_group(
        "Fixture images",
        cloup.option(
            "--plant",
            is_flag=True,
            help="Load fixture images under muster.test/, run the checks that need them, and "
            "delete them afterwards.",
        ),
        cloup.option(
            "--plant-many",
            metavar="N",
            type=click.IntRange(min=1),
            help="With --plant: load N more images, e.g. 300, to check that long listings are "
            "complete.",
        ),
        cloup.option(
            "--registry-address",
            metavar="HOST:PORT",
            help="With --plant: run a registry at this address, e.g. 127.0.0.1:5055, and have the "
            "server pull images with digests from it. It speaks plain HTTP, which engines allow "
            "on 127.0.0.1.",
        ),
        cloup.option(
            "--planted",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Use the images that you loaded from `muster fixtures OUT.tar --planted FILE`.",
        ),
    ),
)
