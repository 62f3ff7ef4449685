"""The command `muster vectors`, for servers that are tested in their own language."""

from __future__ import annotations

from pathlib import Path

import click
import cloup

from muster.cli import console
from muster.errors import UsageError
from muster.vectors import build


@cloup.command("vectors", short_help="Write test vectors, for servers in any language.")
@cloup.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
def vectors(folder: Path) -> None:
    """Write the test vectors into FOLDER, a JSON file for each topic.

    Each vector has a request, API versions and every correct answer, for the images of
    a catalogue in catalogues.json. A server checks its own list function with them,
    without Python and without a socket; see docs/vectors.md.
    """
    written = build.files()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None
    console.write(f"{len(written)} files are in {folder}\n")
