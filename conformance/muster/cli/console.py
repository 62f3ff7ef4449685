"""Writes reports to standard output or error, in colour where that is a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

import click

COLOURS = (
    (re.compile(r"(FAIL|DOES NOT CONFORM|BASELINE OUT OF DATE|STILL FAILS)\b"), "red"),
    (re.compile(r"(WARN|NOT CHECKED|NOT FINISHED|Not finished|NOT DECIDED)\b"), "yellow"),
    (re.compile(r"(CONFORMS|NO NEW FAILURE|HOLDS NOW)\b"), "green"),
    (re.compile(r"    - .*"), "green"),
    (re.compile(r"    \+ .*"), "red"),
    (re.compile(r"  \$ .*"), "cyan"),
)
"""What a line begins with, and the colour that this has."""


EXIT_STATUSES = """\b
Exit status: 0 the server conforms; 1 it does not; 2 the command line is wrong,
or selects no requirement; 3 the server cannot be reached or checked; 4 a fault
of muster itself."""
"""What a command that checks a server ends with, below its help."""


def write(text: str, *, err: bool = False) -> None:
    """Write a report: in colour on a terminal; nowhere if the reader has gone, as `head` does.

    What the command ends with does not depend on who reads.

    Args:
        text: the report, lines and all.
        err: whether it goes to standard error.
    """
    stream = sys.stderr if err else sys.stdout
    if wants_colour(os.environ, terminal=stream.isatty()):
        text = painted(text)
    try:
        click.echo(text, nl=False, err=err)
    except BrokenPipeError:
        # What is still in the buffer must go somewhere when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def wants_colour(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to colour: on a *terminal* that can, unless NO_COLOR says no (no-color.org)."""
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def painted(text: str) -> str:
    """*text*, a report, with colours."""
    return "".join(_painted(line) for line in text.splitlines(keepends=True))


def _painted(line: str) -> str:
    for pattern, colour in COLOURS:
        if found := pattern.match(line):
            return click.style(found[0], fg=colour) + line[found.end() :]
    return line
