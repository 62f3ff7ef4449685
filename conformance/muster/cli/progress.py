"""A line on a terminal that says what is being checked; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from muster.register.requirements import Requirement

CLEAR = "\r\x1b[K"
"""Begins the line anew: back to its start, and everything behind gone."""


@contextmanager
def progress(count: int) -> Iterator[Callable[[Requirement], None]]:
    """What to call before each requirement; it writes the line where standard error is a terminal.

    Args:
        count: how many requirements there will be.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    done = 0

    def show(requirement: Requirement) -> None:
        nonlocal done
        done += 1
        click.echo(f"{CLEAR}[{done}/{count}] {requirement.id}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo(CLEAR, err=True, nl=False)
