"""Options that compare a run with departures that are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import cloup

from muster.cli import console
from muster.cli.options.collected import collected
from muster.errors import UsageError
from muster.record import baseline, baseline_update
from muster.record import shipped_baselines as shipped
from muster.record.record import Record


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """The known departures of a server.

    Attributes:
        name: the baseline as the user wrote it: a file, or the name of one that comes with
            muster; None for none.
        update: whether to bring it up to date.
    """

    name: str | None = None
    update: bool = False

    def validate(self, register: Collection[str]) -> None:
        """Check the baseline before a run.

        Raises:
            UsageError: if it cannot be read, or there is none to update.
        """
        if self.name is None:
            if self.update:
                raise UsageError("--update-baseline needs --baseline FILE, which it writes")
            return
        file = shipped.resolve(self.name)
        if not self.update:
            baseline.read(file, register, name=self.name)
            return
        if shipped.is_shipped(file):
            raise UsageError(
                f"--update-baseline: {self.name} comes with muster; name a file of your own"
            )
        baseline.parse(_text(file), self.name, register, reasons=False)
        folder = file.absolute().parent
        if not folder.is_dir():
            raise UsageError(f"--baseline {self.name}: there is no folder {folder}")

    def apply(self, record: Record, register: Collection[str], today: dt.date) -> Record:
        """Return *record* with its known departures marked; first update the baseline if wanted.

        Raises:
            UsageError: if the baseline cannot be read or written.
        """
        if self.name is None:
            return record
        file = shipped.resolve(self.name)
        if not self.update:
            return baseline.apply(baseline.read(file, register, name=self.name), record, today)
        text = baseline_update.updated(_text(file), self.name, record, register)
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--baseline {self.name}: {error.strerror}") from error
        updated = baseline.parse(text, self.name, register, reasons=False)
        lacking = [entry.id for entry in updated.entries if not entry.reason.strip()]
        if lacking:
            console.tell(f"write a reason into {self.name} for: {', '.join(lacking)}")
        return baseline.apply(updated, record, today)


def _text(file: Path) -> str:
    """Return the text of *file*; empty if the file does not exist yet."""
    return baseline.read_text(file) if file.exists() else ""


def _options(
    baseline: str | None,
    update_baseline: bool,  # noqa: FBT001 - click passes them by name
) -> BaselineOptions:
    return BaselineOptions(baseline, update_baseline)


baseline_options = collected(
    "baseline",
    _options,
    cloup.option_group(
        "Baseline",
        cloup.option(
            "--baseline",
            metavar="FILE",
            help="Do not count the known departures in this file, or in a baseline that comes with "
            f"muster: {', '.join(shipped.names())}.",
        ),
        cloup.option(
            "--update-baseline",
            is_flag=True,
            help="Write the baseline: add new departures, for you to give a reason, and remove "
            "those that are fixed.",
        ),
    ),
)
