"""The command `muster compare`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click
import cloup
import msgspec

from muster.cli import console
from muster.errors import UsageError
from muster.record import load, matrix_file
from muster.record.comparison import compare
from muster.record.matrix import Matrix, matrix_of
from muster.record.record import Record
from muster.register.requirements import register
from muster.reports.comparison import render_comparison
from muster.reports.matrix_html import matrix_html
from muster.reports.matrix_text import matrix_markdown, matrix_text

FILE = click.Path(dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
STANDARD_OUTPUT = Path("-")
TWO = 2

COMPARED = """\b
Exit status: 0 no later run is worse than the first; 1 one of them fails a
requirement that the first does not; 2 a file is not a record."""

REPORTS: Mapping[str, Callable[[Matrix], str]] = {
    "html": matrix_html,
    "markdown": matrix_markdown,
    "json": matrix_file.dumps,
}


def _report(name: str, text: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return cloup.option(f"--{name}", metavar="FILE", type=OUTPUT, help=text)


@cloup.command("compare", epilog=COMPARED, short_help="Compare runs.")
@cloup.argument("files", metavar="A.json B.json ...", type=FILE, nargs=-1, required=True)
@_report("html", "Write a page with a matrix of requirements by runs, with filters.")
@_report("markdown", "Write a table of the requirements that some run does not meet.")
@_report("json", "Write the matrix as data, from which the other reports can be made later.")
def compare_(files: tuple[Path, ...], **reports: Path | None) -> int:
    """Compare runs: of one server at several times, or of several servers.

    For two runs, print what is worse and what is better in the second; for more, the
    requirements that some run does not meet. A single file must be a matrix that --json wrote.
    """
    records: list[Record] = []
    if len(files) == 1:
        matrix = _matrix(files[0])
    else:
        records = [load.read(file) for file in files]
        matrix = matrix_of(records, register().values())
    _write(matrix, reports)
    if STANDARD_OUTPUT not in reports.values():
        two = len(records) == TWO
        console.write(render_comparison(*records) if two else matrix_text(matrix))
    return 1 if any(compare(records[0], later).worse for later in records[1:]) else 0


def _matrix(file: Path) -> Matrix:
    """Return the matrix in *file*.

    Raises:
        UsageError: If it cannot be read, or is none.
    """
    try:
        return matrix_file.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} is not a matrix of `muster compare --json` ({error}): "
            "name two records of `muster check --json` or more to compare them"
        ) from error


def _write(matrix: Matrix, reports: Mapping[str, Path | None]) -> None:
    for name, report in REPORTS.items():
        file = reports[name]
        if file == STANDARD_OUTPUT:
            console.write(report(matrix))
        elif file is not None:
            try:
                file.write_text(report(matrix), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"--{name} {file}: {error.strerror}") from error
