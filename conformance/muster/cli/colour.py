"""Colours for the report on a terminal that has them; what is said does not depend on them."""

from __future__ import annotations

import re
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


def wanted(environment: Mapping[str, str], *, terminal: bool) -> bool:
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
