"""Options that hold a run against departures that are known."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.errors import UsageError
from muster.record import baseline, baseline_update
from muster.record.record import Record

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """What is known of a server.

    Attributes:
        file: the baseline; None for none.
        update: whether it is brought up to date.
    """

    file: Path | None = None
    update: bool = False

    def validate(self, register: Collection[str]) -> None:
        """Find out before a run what is wrong with the baseline.

        Raises:
            UsageError: if it cannot be read, or there is none to update.
        """
        if self.file is None:
            if self.update:
                raise UsageError("--update-baseline needs --baseline FILE, which it writes")
        elif self.update:
            baseline.parse(self._text(), str(self.file), register, reasons=False)
            if not self.file.absolute().parent.is_dir():
                raise UsageError(
                    f"--baseline {self.file}: there is no folder {self.file.absolute().parent}"
                )
        else:
            baseline.read(self.file, register)

    def apply(self, record: Record, register: Collection[str], today: dt.date) -> Record:
        """*record*, held against the baseline, which is brought up to date first if wanted.

        Raises:
            UsageError: if the baseline cannot be read or written.
        """
        if self.file is None:
            return record
        if not self.update:
            return baseline.apply(baseline.read(self.file, register), record, today)
        text = baseline_update.updated(self._text(), str(self.file), record, register)
        try:
            self.file.write_text(text, encoding="utf-8")
        except OSError as e:
            raise UsageError(f"--baseline {self.file}: {e.strerror}") from e
        entries = baseline.parse(text, str(self.file), register, reasons=False)
        lacking = [entry.id for entry in entries.entries if not entry.reason.strip()]
        if lacking:
            names = ", ".join(lacking)
            click.echo(f"muster: write a reason into {self.file} for: {names}", err=True)
        return baseline.apply(entries, record, today)

    def _text(self) -> str:
        """What the baseline says; nothing if it is yet to be written."""
        return baseline.read_text(self.file) if self.file and self.file.exists() else ""


def baseline_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `baseline`."""

    @click.option(
        "--baseline",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Departures that are known: they do not count.",
    )
    @click.option(
        "--update-baseline",
        is_flag=True,
        help="Write the baseline: add what is new, without a reason yet; drop what is met.",
    )
    @functools.wraps(command)
    def with_baseline(
        *args: Any, baseline: Path | None, update_baseline: bool, **kwargs: Any
    ) -> Any:
        return command(*args, baseline=BaselineOptions(baseline, update_baseline), **kwargs)

    return with_baseline  # type: ignore[return-value]  # click's decorators keep the type
