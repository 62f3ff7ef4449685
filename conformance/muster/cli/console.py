"""Writes to standard output, whoever reads there, or has gone."""

from __future__ import annotations

import os
import sys

import click

from muster.cli import colour


def tell(text: str, *, err: bool = False) -> None:
    """Write a report: in colour on a terminal; nowhere if the reader has gone, as `head` does.

    What the command ends with does not depend on who reads.

    Args:
        text: the report, lines and all.
        err: whether it goes to standard error.
    """
    stream = sys.stderr if err else sys.stdout
    if colour.wanted(os.environ, terminal=stream.isatty()):
        text = colour.painted(text)
    try:
        click.echo(text, nl=False, err=err)
    except BrokenPipeError:
        # What is still in the buffer must go somewhere when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
