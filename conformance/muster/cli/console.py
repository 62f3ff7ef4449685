"""Writes to standard output and standard error, in colour where that is a terminal."""

from __future__ import annotations

import os
import sys

import click
from rich.console import Console
from rich.text import Text

EXIT_STATUSES = """\b
Exit status: 0 the server conforms; 1 it does not; 2 the command line is wrong
or selects no requirement; 3 the server cannot be reached or checked; 4 an error
in muster itself."""
"""How a command that checks a server ends, for the end of its help."""


class _Console(Console):
    """A console whose reader may leave, as `head` does, without changing the exit status."""

    def on_broken_pipe(self) -> None:
        # What is still in the buffer must go somewhere when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def console(*, err: bool = False) -> Console:
    """Return what writes to standard output, or to standard error if *err*.

    It colours only on a terminal, and not if NO_COLOR is set (no-color.org).
    """
    return _Console(file=sys.stderr if err else sys.stdout, highlight=False, soft_wrap=True)


def write(text: Text | str, *, err: bool = False) -> None:
    """Write a report as it is, to standard error if *err*."""
    console(err=err).print(text, end="", markup=False, emoji=False)


def tell(message: str) -> None:
    """Write *message* to standard error, marked as muster's own."""
    click.echo(f"muster: {message}", err=True)
