"""Options that name the files which reports of a run are written to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.cli import console
from muster.errors import UsageError
from muster.record.build import dumps
from muster.record.record import Record
from muster.reports.html import html
from muster.reports.junit import junit
from muster.reports.markdown import markdown
from muster.reports.sarif import sarif

STANDARD_OUTPUT = Path("-")

Command = TypeVar("Command", bound=Callable[..., Any])
Report = Callable[[Record], str]

RECORD: Mapping[str, tuple[Report, str]] = {
    "json": (dumps, "Write the record of the run there."),
}
REPORTS: Mapping[str, tuple[Report, str]] = {
    "junit": (junit, "Write a report for CI servers there, as JUnit XML."),
    "markdown": (markdown, "Write a report for a pull request there."),
    "html": (html, "Write a page of the contract's clauses there, with the verdict on each."),
    "sarif": (sarif, "Write a report for code scanning there, as SARIF 2.1.0."),
}
"""Reports by the name of their option, and what the option's help says."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Where reports go.

    Attributes:
        files: the file of each report that is wanted, by the name of its option.
    """

    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def to_standard_output(self) -> bool:
        """Whether a report goes there, so that nothing else may."""
        return STANDARD_OUTPUT in self.files.values()

    def validate(self) -> None:
        """Find out before a run what would keep its reports from being written.

        Raises:
            UsageError: if a file's folder is not there, or two go to standard output.
        """
        if list(self.files.values()).count(STANDARD_OUTPUT) > 1:
            raise UsageError("only one report can go to standard output")
        for name, file in self.files.items():
            if not file.absolute().parent.is_dir():
                raise UsageError(f"--{name} {file}: there is no folder {file.absolute().parent}")

    def write(self, record: Record) -> None:
        """Write the reports on *record*.

        Raises:
            UsageError: if a file cannot be written; the others are written all the same.
        """
        failed: list[str] = []
        for name, file in self.files.items():
            report, _ = {**RECORD, **REPORTS}[name]
            if file == STANDARD_OUTPUT:
                console.write(report(record))
                continue
            try:
                file.write_text(report(record), encoding="utf-8")
            except OSError as e:
                failed.append(f"--{name} {file}: {e.strerror}")
        if failed:
            raise UsageError("; ".join(failed))


def report_options(
    reports: Mapping[str, tuple[Report, str]],
) -> Callable[[Command], Command]:
    """Give a command an option for each of *reports*; they arrive as its argument `reports`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_reports(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(name) for name in reports}
            files = {name: file for name, file in given.items() if file is not None}
            return command(*args, reports=ReportOptions(files), **kwargs)

        # The decorator that is applied last is the first in the help.
        for name, (_, told) in reversed(list(reports.items())):
            with_reports = click.option(
                f"--{name}",
                metavar="FILE",
                type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
                help=told,
            )(with_reports)
        return with_reports  # type: ignore[return-value]  # click's decorators keep the type

    return decorate
