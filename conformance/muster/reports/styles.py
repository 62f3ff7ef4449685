"""Lines of a report for a terminal; their colours carry no meaning of their own."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from muster.model.image import printable
from muster.reports.phrases import wrapped

BAD, DOUBTFUL, GOOD, COMMAND = "red", "yellow", "green", "cyan"

VERDICTS = {
    "FAIL": BAD,
    "DOES NOT CONFORM": BAD,
    "BASELINE OUT OF DATE": BAD,
    "STILL FAILS": BAD,
    "WARN": DOUBTFUL,
    "NOT CHECKED": DOUBTFUL,
    "NOT FINISHED": DOUBTFUL,
    "NOT DECIDED": DOUBTFUL,
    "BLOCKED": DOUBTFUL,
    "CONFORMS": GOOD,
    "NO NEW FAILURE": GOOD,
    "MET NOW": GOOD,
}
"""Words for the verdict of a run or a result, and their colours."""


def line(text: str, style: str = "") -> Text:
    """Return one line of any length, without control characters."""
    return Text(printable(text), style=style)


def paragraph(text: str, indent: str = "", word: str = "") -> list[Text]:
    """Return *text* in lines of at most 80 columns; those after the first are indented further.

    Args:
        text: The text.
        indent: Spaces before the first line.
        word: One of `VERDICTS`, with which *text* begins; it is coloured.
    """
    lines = [line(each) for each in wrapped(text, indent)]
    if word:
        lines[0].stylize(VERDICTS[word], len(indent), len(indent) + len(word))
    return lines


def joined(lines: Iterable[Text]) -> Text:
    """Join *lines* into one text that ends with a line break."""
    return Text("\n").join([*lines, Text("")])
