"""How reports for people break their lines."""

from __future__ import annotations

import textwrap

WIDTH = 80
"""Columns of a line, but for commands and differences."""


def wrapped(text: str, indent: str) -> list[str]:
    """*text* in lines of at most WIDTH columns; those behind the first are indented by two more."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=True,
        break_on_hyphens=False,
    )
