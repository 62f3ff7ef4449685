"""Formats bodies and differences for reading, without changing their content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from muster.record.record import RecordedResponse

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},:]|[^"\[\]{},:]+', re.DOTALL)
OPENING, CLOSING = frozenset("[{"), frozenset("]}")
DEEPEST = 8
"""Levels to indent: a body of nothing but brackets must not fill a page with spaces."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference.

    Attributes:
        sign: `-` for what was expected, `+` for what the server sent, else empty.
        same: The beginning, which is the same in the line's counterpart.
        other: The middle, which differs from the counterpart; empty if there is none.
        rest: The end.
    """

    sign: str
    same: str
    other: str = ""
    rest: str = ""


def body(response: RecordedResponse) -> str:
    """Return the body of *response*; JSON gets line breaks and indentation."""
    if not response.cut:
        try:
            json.loads(response.body)
        except (ValueError, RecursionError):
            return response.body
    elif response.body[:1] not in OPENING:
        return response.body
    return indented(response.body)


def indented(text: str) -> str:
    """Return the JSON *text* with line breaks and indentation, its tokens unchanged."""
    parts: list[str] = []
    depth, before = 0, ""
    for token in filter(None, map(str.strip, TOKEN.findall(text))):
        if token in CLOSING:
            depth -= 1
        empty = before in OPENING and token in CLOSING
        if not empty and (before in OPENING or before == "," or token in CLOSING):
            parts.append("\n" + "  " * depth if depth <= DEEPEST else "")
        if token in OPENING:
            depth += 1
        parts.append(": " if token == ":" else token)
        before = token
    return "".join(parts)


def diff_lines(difference: Sequence[str]) -> Iterator[Line]:
    """Return the lines of *difference*, with the differing parts of counterparts marked."""
    lines = list(difference)
    while lines:
        first, second = lines.pop(0), lines[0] if lines else ""
        if _comparable(first, second):
            lines.pop(0)
            yield from _compared(first[2:], second[2:])
        elif first[:2] in ("- ", "+ "):
            yield Line(first[0], first[2:])
        else:
            yield Line("", first)


def _comparable(first: str, second: str) -> bool:
    subject, colon, _ = first[2:].partition(": ")
    return (
        first.startswith("- ") and second.startswith("+ ") and bool(colon)
    ) and subject == second[2:].partition(": ")[0]


def _compared(expected: str, came: str) -> Iterator[Line]:
    start = _alike(expected, came)
    shorter = min(len(expected), len(came)) - start
    end = min(_alike(expected[::-1], came[::-1]), shorter)
    for sign, text in (("-", expected), ("+", came)):
        stop = len(text) - end
        yield Line(sign, text[:start], text[start:stop], text[stop:])


def _alike(one: str, other: str) -> int:
    """Return the length of the common beginning of both."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def replace_control_characters(text: str) -> str:
    """Return *text* with U+FFFD for control characters, which a page would act on."""
    return "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for each in text.replace("\r\n", "\n")
    )
