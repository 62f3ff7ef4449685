"""Options that say which reports of a run to write, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
import cloup

from muster.cli import console
from muster.cli.options.collected import Command, collected
from muster.errors import UsageError
from muster.record.build import dumps
from muster.record.record import Record
from muster.reports.badge import badge, shield
from muster.reports.html import html
from muster.reports.junit import junit
from muster.reports.markdown import markdown
from muster.reports.sarif import sarif
from muster.reports.terminal import short, terminal

STANDARD_OUTPUT = Path("-")

Report = Callable[[Record], str]

RECORD: Mapping[str, tuple[Report, str]] = {
    "json": (dumps, "Write the record of the run, from which all reports can be made later."),
}
REPORTS: Mapping[str, tuple[Report, str]] = {
    "junit": (junit, "Write JUnit XML, for CI servers."),
    "markdown": (markdown, "Write Markdown, for a pull request."),
    "html": (html, "Write one HTML page with every requirement and its verdict."),
    "sarif": (sarif, "Write SARIF 2.1.0, for code scanning."),
    "badge": (badge, "Write an SVG badge: how many requirements of each group are met."),
    "shield": (shield, "Write the same as JSON, for a badge by shields.io."),
}
"""Reports by the name of their option, with the help of that option."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which reports to write, and where.

    Attributes:
        files: the file of each report that is wanted, by the name of its option; `-` is standard
            output.
        short: whether the terminal shows one line for each finding.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    short: bool = False

    @property
    def to_standard_output(self) -> bool:
        """Whether a report goes there, so that nothing else may."""
        return STANDARD_OUTPUT in self.files.values()

    def validate(self) -> None:
        """Check before a run that its reports can be written.

        Raises:
            UsageError: if a file's folder is missing, or two go to standard output.
        """
        if list(self.files.values()).count(STANDARD_OUTPUT) > 1:
            raise UsageError("only one report can go to standard output")
        for name, file in self.files.items():
            if not file.absolute().parent.is_dir():
                raise UsageError(f"--{name} {file}: there is no folder {file.absolute().parent}")

    def show(self, record: Record) -> None:
        """Print the report for people, to standard error if standard output holds another."""
        text = short(record) if self.short else terminal(record)
        console.write(text, err=self.to_standard_output)

    def write(self, record: Record) -> None:
        """Write the reports of *record*.

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
            except OSError as error:
                failed.append(f"--{name} {file}: {error.strerror}")
        if failed:
            raise UsageError("; ".join(failed))


def report_options(
    reports: Mapping[str, tuple[Report, str]],
) -> Callable[[Command], Command]:
    """Return a decorator that adds `--short` and an option for each of *reports* to a command.

    The command gets them as its argument `reports`.
    """

    def make(*, short: bool, **files: Path | None) -> ReportOptions:
        given = {name: file for name, file in files.items() if file is not None}
        return ReportOptions(given, short=short)

    return collected(
        "reports",
        make,
        cloup.option_group(
            "Reports",
            cloup.option(
                "--short", is_flag=True, help="Print one line for each finding on the terminal."
            ),
            *(
                cloup.option(
                    f"--{name}",
                    metavar="FILE",
                    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
                    help=text,
                )
                for name, (_, text) in reports.items()
            ),
        ),
        names=("short", *reports),
    )
