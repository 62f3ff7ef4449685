"""The command that writes the fixture images to a file, for servers that load nothing."""

from __future__ import annotations

from pathlib import Path

import click

from muster.errors import UsageError
from muster.planting import docker_archive, planted_file
from muster.planting.fixtures import FIXTURES, many

RUN = "fixtures"
"""The namespace of images that are planted by hand."""


@click.command("fixtures")
@click.argument("out", metavar="OUT.tar", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--planted",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write there what the images are, for `muster check --planted FILE`.",
)
@click.option(
    "--many",
    "count",
    metavar="N",
    default=0,
    type=click.IntRange(min=0),
    help="Add N images, e.g. 300, to see that no listing is cut off.",
)
def fixtures(out: Path, planted: Path | None, count: int) -> None:
    """Write the fixture images to OUT.tar, as `docker save` would.

    Load them by hand into a server that takes no images over its API, and say so with
    `muster check --planted FILE`: the suite then knows what the server must list, and changes
    nothing there.
    """
    saved = docker_archive.build(RUN, (*FIXTURES, *many(count)))
    _write(out, saved.data)
    if planted:
        _write(planted, planted_file.text(saved.run, saved.images))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as e:
        raise UsageError(f"{path} cannot be written: {e.strerror}") from e
