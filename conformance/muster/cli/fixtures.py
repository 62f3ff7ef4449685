"""The command `muster fixtures`, for servers that cannot load images over their API."""

from __future__ import annotations

from pathlib import Path

import click
import cloup

from muster.errors import UsageError
from muster.planting import docker_archive, planted_file
from muster.planting.fixtures import FIXTURES, many

RUN = "fixtures"
"""The namespace of images that the user loads."""


@cloup.command("fixtures", short_help="Write the fixture images to a file.")
@cloup.argument("out", metavar="OUT.tar", type=click.Path(dir_okay=False, path_type=Path))
@cloup.option(
    "--planted",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Describe the images in this file, for `muster check --planted FILE`.",
)
@cloup.option(
    "--many",
    "count",
    metavar="N",
    default=0,
    type=click.IntRange(min=0),
    help="Add N images, e.g. 300, to check that long listings are complete.",
)
def fixtures(out: Path, planted: Path | None, count: int) -> None:
    """Write the fixture images to OUT.tar, in the format of `docker save`.

    Use them for a server that cannot load images over its API: load them in another
    way, then run `muster check --planted FILE`. The suite then knows which images the
    server must list, and changes nothing.
    """
    saved = docker_archive.build(RUN, (*FIXTURES, *many(count)))
    _write(out, saved.data)
    if planted:
        _write(planted, planted_file.text(saved.run, saved.images))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
