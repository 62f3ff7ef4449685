r"""Go's `path.Match`, by which daemons match names (`filter`, `reference`).

Source: the Go standard library's documentation of path.Match: `*` any sequence of characters other
than `/`; `?` one such character; `[...]` a class, negated by a leading `^`; `\` takes the next
character literally.
"""

from __future__ import annotations

from functools import lru_cache


class BadPattern(ValueError):
    """A pattern that path.Match calls malformed."""


@lru_cache(maxsize=16_384)
def matches(pattern: str, name: str) -> bool:
    """Whether the whole of *name* matches *pattern*.

    Raises:
        BadPattern: if *pattern* is malformed, whatever *name* is.

    >>> matches("busy*", "busybox"), matches("*", "user/tools"), matches("[^a-c]?", "db")
    (True, False, True)
    """
    return _match(_parse(pattern), 0, name, 0)


Token = str | tuple[bool, tuple[tuple[str, str], ...]]
"""`*`, `?`, a literal (`=x`), or a class: whether it is negated, and its ranges."""


@lru_cache(maxsize=1024)
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


def _match(tokens: tuple[Token, ...], token: int, name: str, at: int) -> bool:
    # Where the last `*` stood and what it had taken: on a mismatch it takes one character more.
    star, taken = -1, 0
    while True:
        if token < len(tokens) and tokens[token] == "*":
            star, taken = token, at
            token += 1
        elif token < len(tokens) and at < len(name) and _takes(tokens[token], name[at]):
            token, at = token + 1, at + 1
        elif token == len(tokens) and at == len(name):
            return True
        elif star >= 0 and taken < len(name) and name[taken] != "/":
            taken += 1
            token, at = star + 1, taken
        else:
            return False


def _takes(token: Token, character: str) -> bool:
    if isinstance(token, tuple):
        negated, ranges = token
        return negated != any(low <= character <= high for low, high in ranges)
    return token == "=" + character or (token == "?" and character != "/")
