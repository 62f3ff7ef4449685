"""Shell patterns as Go's `path.Match` reads them.

`filter` matches repository names with it (moby v1.11.2 ``daemon/images.go:Images``).
Python's `fnmatch` differs: its ``*`` crosses ``/``, it has no escapes, and every pattern is fine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


class BadPatternError(ValueError):
    """A pattern's syntax is wrong."""


#: Whether a character fits one place of a pattern.
Place = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Run:
    """Places for one character each, and whether a ``*`` stands in front of them."""

    starred: bool
    places: tuple[Place, ...]

    def fits_at(self, name: str, start: int) -> bool:
        """Tell whether *name* has characters from *start* on that fit every place."""
        end = start + len(self.places)
        return end <= len(name) and all(
            place(char) for place, char in zip(self.places, name[start:end], strict=True)
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, read once to be matched with many names."""

    _runs: tuple[_Run, ...]
    #: What everything that fits begins with.
    prefix: str
    #: Whether that is all that fits.
    is_literal: bool

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        r"""Read a pattern.

        ``*`` stands for any characters but ``/``, ``?`` for one of those, ``[a-z]`` and ``[^a-z]``
        for one character of a set or outside it (``/`` counts like any other there), and ``\``
        takes away the meaning of the next character.

        Raises:
            BadPatternError: It is malformed.
        """
        return cls(tuple(_split(text)), *_prefix(text))

    def matches(self, name: str) -> bool:
        """Tell whether the pattern fits the whole of *name*."""
        position = 0
        for index, run in enumerate(self._runs):
            found = _find(run, name, position, to_the_end=index == len(self._runs) - 1)
            if found is None:
                return False
            position = found + len(run.places)
        return position == len(name)


def _find(run: _Run, name: str, position: int, *, to_the_end: bool) -> int | None:
    """Return where in *name*, from *position* on, the run fits first, or None.

    Taking the first fit is enough: a later ``*`` can make up for whatever was skipped too early.
    """
    for start in range(position, len(name) + 1):
        if run.fits_at(name, start) and (not to_the_end or start + len(run.places) == len(name)):
            return start
        if not run.starred or name[start : start + 1] == "/":
            return None
    return None


def _prefix(pattern: str) -> tuple[str, bool]:
    """Return the characters before the first that stands for others, and whether there is none."""
    index = 0
    prefix = ""
    while index < len(pattern) and pattern[index] not in "*?[":
        literal, index = _literal(pattern, index)
        prefix += literal
    return prefix, index == len(pattern)


def _split(pattern: str) -> Iterator[_Run]:
    """Split *pattern* in front of its stars."""
    starred = False
    places: list[Place] = []
    index = 0
    while index < len(pattern):
        if pattern[index] != "*":
            place, index = _place(pattern, index)
            places.append(place)
            continue
        if places:
            yield _Run(starred, tuple(places))
        starred, places = True, []
        index += 1
    yield _Run(starred, tuple(places))


def _place(pattern: str, index: int) -> tuple[Place, int]:
    """Read the place at *index*; return it and the index after it."""
    if pattern[index] == "?":
        return (lambda char: char != "/"), index + 1
    if pattern[index] == "[":
        return _set(pattern, index + 1)
    literal, index = _literal(pattern, index)
    return (lambda char: char == literal), index


def _set(pattern: str, index: int) -> tuple[Place, int]:
    """Read the set whose ``[`` stands before *index*."""
    negated = pattern.startswith("^", index)
    index += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", index)):
        low, index = _set_member(pattern, index)
        high = low
        if pattern.startswith("-", index):
            high, index = _set_member(pattern, index + 1)
        ranges.append((low, high))
    return (lambda char: any(lo <= char <= hi for lo, hi in ranges) != negated), index + 1


def _set_member(pattern: str, index: int) -> tuple[str, int]:
    """Read one character of a set; ``-`` and ``]`` stand for themselves only when escaped."""
    if pattern.startswith(("-", "]"), index):
        raise BadPatternError(pattern)
    return _literal(pattern, index)


def _literal(pattern: str, index: int) -> tuple[str, int]:
    r"""Read one character that stands for itself, or the one after a ``\``."""
    index += pattern.startswith("\\", index)
    if index >= len(pattern):
        raise BadPatternError(pattern)
    return pattern[index], index + 1
