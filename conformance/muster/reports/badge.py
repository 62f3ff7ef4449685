"""A badge of a run: how many requirements of each group are met, as SVG and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from muster.model.image import printable
from muster.record.record import Record
from muster.register.selection import group_of
from muster.register.verdict import Verdict

DECIDED = (Verdict.FAIL, Verdict.WARN, Verdict.PASS)
"""Verdicts that count, the worst first."""

GROUPS = ("list", "filters", "errors", "multi-platform")
LABEL = "List Images"
GREEN, YELLOW, RED, GREY = "#2a7d3c", "#8a6100", "#b3261e", "#555d66"
"""Colours that white text can be read on, with a contrast of 4.5 or more."""

NAMES = {GREEN: "brightgreen", YELLOW: "yellow", RED: "red", GREY: "lightgrey"}
"""The names of these colours at shields.io."""

HEIGHT, PADDING, ADVANCE = 20, 6, 6.6
"""Pixels: the badge's height, the space beside a text, and the width of a character."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a badge.

    Attributes:
        text: What it says.
        colour: Its background.
    """

    text: str
    colour: str


def badge(record: Record) -> str:
    """Return the badge of *record* as SVG."""
    return svg(record.identity or record.target, verdicts_of(record))


def shield(record: Record) -> str:
    """Return the badge of *record* as JSON for shields.io."""
    return endpoint(verdicts_of(record))


def verdicts_of(record: Record) -> dict[str, Verdict]:
    """Return the verdict on each requirement that *record* decided, the worst of all versions."""
    worst: dict[str, Verdict] = {}
    for result in record.of(*DECIDED):
        known = worst.get(result.requirement, result.verdict)
        worst[result.requirement] = min(known, result.verdict, key=DECIDED.index)
    return worst


def svg(name: str, verdicts: Mapping[str, Verdict]) -> str:
    """Return the badge of the server *name* as SVG.

    Args:
        name: What it is.
        verdicts: The verdict by the id of the requirement.
    """
    parts = [Part(LABEL, GREY), *_parts(verdicts)]
    title = printable(f"{name}: {_message(verdicts)}")
    width = sum(map(_width, parts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title>"
        '<g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" fill="#fff">'
        f"{''.join(_drawn(parts))}</g></svg>\n"
    )


def endpoint(verdicts: Mapping[str, Verdict]) -> str:
    """Return the badge as JSON for shields.io.

    Source: https://shields.io/badges/endpoint-badge.

    Args:
        verdicts: The verdict by the id of the requirement.
    """
    colours = {part.colour for part in _parts(verdicts)}
    worst = next((each for each in (RED, YELLOW, GREEN) if each in colours), GREY)
    value = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": _message(verdicts),
        "color": NAMES[worst],
    }
    return json.dumps(value, indent=2) + "\n"


def _message(verdicts: Mapping[str, Verdict]) -> str:
    return ", ".join(part.text for part in _parts(verdicts))


def _parts(verdicts: Mapping[str, Verdict]) -> Iterator[Part]:
    """Yield a part for each group: the requirements that are met, of those that were decided."""
    for group in GROUPS:
        found = [v for name, v in verdicts.items() if group_of(name) == group and v in DECIDED]
        counts = Counter(found)
        if not found:
            yield Part(f"{group} not checked", GREY)
            continue
        colour = RED if counts[Verdict.FAIL] else YELLOW if counts[Verdict.WARN] else GREEN
        yield Part(f"{group} {counts[Verdict.PASS]}/{len(found)}", colour)


def _width(part: Part) -> int:
    return round(len(part.text) * ADVANCE) + 2 * PADDING


def _drawn(parts: list[Part]) -> Iterator[str]:
    left = 0
    for part in parts:
        width = _width(part)
        yield f'<rect x="{left}" width="{width}" height="{HEIGHT}" fill="{part.colour}"/>'
        yield (
            f'<text x="{left + PADDING}" y="14" textLength="{width - 2 * PADDING}">'
            f"{escape(part.text)}</text>"
        )
        left += width
