r"""Go's `path.Match`, with which daemons match names (`filter`, `reference`).

Source: the Go standard library's documentation of path.Match: `*` any sequence of characters other
than `/`; `?` one such character; `[...]` a class, negated by a leading `^`; `\` takes the next
character literally.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


class BadPattern(ValueError):
    """A pattern that path.Match reports as malformed."""


def matches(pattern: str, name: str) -> bool:
    """Whether the whole of *name* matches *pattern*.

    Raises:
        BadPattern: If *pattern* is malformed, whatever *name* is.

    >>> matches("busy*", "busybox"), matches("*", "user/tools"), matches("[^a-c]?", "db")
    (True, False, True)
    """
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile *pattern* to a regular expression: a listing has thousands of names to match.

    As in Go, the text between two stars matches at its first occurrence, without backtracking; so
    no pattern takes long.
    """
    first, *chunks = _chunks(_parse(pattern))
    settled = "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[:-1])
    last = "".join(f"[^/]*{chunk}" for chunk in chunks[-1:])
    return re.compile(first + settled + last, re.DOTALL)


def _chunks(tokens: Iterable[Token]) -> list[str]:
    """Return the parts before, between and after the stars, as regular expressions."""
    chunks = [""]
    for token in tokens:
        if token == "*":
            chunks.append("")
        else:
            chunks[-1] += _expression(token)
    return chunks


def _expression(token: Token) -> str:
    if isinstance(token, str):
        return "[^/]" if token == "?" else re.escape(token[1:])
    negated, ranges = token
    # A reversed range contains no characters.
    parts = [f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high]
    if not parts:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{''.join(parts)}]"


Token = str | tuple[bool, tuple[tuple[str, str], ...]]
"""`*`, `?`, a literal (`=x`), or a class: whether it is negated, and its ranges."""


def _parse(pattern: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character in "*?":
            tokens.append(character)
            at += 1
        elif character == "[":
            token, at = _class(pattern, at + 1)
            tokens.append(token)
        else:
            literal, at = _character(pattern, at)
            tokens.append("=" + literal)
    return tuple(tokens)


def _class(pattern: str, at: int) -> tuple[Token, int]:
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while True:
        if pattern[at : at + 1] == "]" and ranges:
            return (negated, tuple(ranges)), at + 1
        if pattern[at : at + 1] in ("]", "-"):
            raise BadPattern(pattern)
        low, at = _character(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            if pattern[at + 1 : at + 2] in ("]", "-"):
                raise BadPattern(pattern)
            high, at = _character(pattern, at + 1)
        ranges.append((low, high))


def _character(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at : at + 1] == "\\":
        at += 1
    if at >= len(pattern):
        raise BadPattern(pattern)
    return pattern[at], at + 1
