"""Near misses: texts that a sloppy comparison confuses with the server's own values."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from muster.checks.check import Context

CHANGED = 50
"""How many texts to change in one way; only a few of them are sent."""

Miss = Callable[[str], str]

OF_EACH = 3
"""How many texts to change in each way."""


def _without_format_characters(text: str) -> str:
    """Return *text* without joiners and direction marks (Unicode's category Cf)."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


OF_TEXT: tuple[Miss, ...] = (
    # For comparisons by prefix, suffix or substring, in either direction.
    lambda text: text[:-1],
    lambda text: text[1:],
    lambda text: text + "x",
    lambda text: "x" + text,
    # For texts read as patterns: of a shell, a regular expression, SQL.
    lambda text: text[:-1] + "*",
    lambda text: text[:-1] + "?",
    lambda text: text[:-1] + ".",
    lambda text: text[:-1] + "_",
    lambda text: text[:-1] + "%",
    lambda text: f"^{text}$",
    # For comparisons after normalisation.
    str.swapcase,
    lambda text: f" {text}",
    lambda text: f"{text} ",
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFKC", text),
    _without_format_characters,
    html.escape,
    lambda text: text.replace(" ", "+"),
    lambda text: text.lstrip("0"),
)
"""Ways to change the text of a label."""

OF_NAME: tuple[Miss, ...] = (
    lambda name: name[:-1],
    lambda name: name[1:],
    lambda name: name + "x",
    lambda name: "x" + name,
    lambda name: name.rpartition("/")[2],
    lambda name: name.partition("/")[2],
    lambda name: name.partition("/")[0],
    lambda name: name + "/",
    lambda name: name + ":",
    str.upper,
    lambda name: f" {name}",
    lambda name: f"{name} ",
    lambda name: f"^{name}$",
    lambda name: f"{name},x",
)
"""Ways to change the name of a repository."""


def misses(context: Context, texts: Iterable[str], ways: Iterable[Miss]) -> Iterator[str]:
    """Yield near misses of some of *texts*, one for each of *ways* that changes the text."""
    there = list(dict.fromkeys(texts))
    for way in ways:
        few = context.some(there, at_most=CHANGED)
        changed = (miss for text in few if (miss := way(text)) not in {"", text})
        yield from context.some(changed, at_most=OF_EACH)
