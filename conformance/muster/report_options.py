"""Options that name the files which reports of a run are written to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.errors import UsageError
from muster.reports.record import record
from muster.run import Run

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Where reports go.

    Attributes:
        json: file for the record; None for no such file.
    """

    json: Path | None = None

    def check(self) -> None:
        """Find out before a run what would keep its reports from being written.

        Raises:
            UsageError: if a file's folder is not there.
        """
        if self.json and not self.json.absolute().parent.is_dir():
            raise UsageError(
                f"--json {self.json}: there is no folder {self.json.absolute().parent}"
            )

    def write(self, runs: Sequence[Run], muster_version: str) -> None:
        """Write the reports on *runs*.

        Raises:
            UsageError: if a file cannot be written.
        """
        if self.json is None:
            return
        try:
            self.json.write_text(record(runs, muster_version) + "\n", encoding="utf-8")
        except OSError as e:
            raise UsageError(f"--json {self.json}: {e.strerror}") from e


def report_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `reports`."""

    @click.option(
        "--json",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the record of the run there.",
    )
    @functools.wraps(command)
    def with_reports(*args: Any, json: Path | None, **kwargs: Any) -> Any:
        return command(*args, reports=ReportOptions(json), **kwargs)

    return with_reports  # type: ignore[return-value]  # click's decorators keep the type
