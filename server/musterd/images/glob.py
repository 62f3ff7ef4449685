"""Shell patterns with the syntax of Go's `path.Match`.

`filter` matches repositories with them (moby v1.11.2 ``daemon/images.go:Images``), and the filter
`reference` matches names with and without their tags. Python's `fnmatch` differs: its ``*`` crosses
``/``, it has no escapes, and it accepts every pattern. It also uses regular expressions, which can
take quadratic time or worse; this matcher takes one step per character of a name, whatever the
patterns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise


class BadPatternError(ValueError):
    """A pattern is malformed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The part of a pattern that matches one character.

    Attributes:
        ranges: The first and the last character of each range of the set.
        negated: Whether it matches the characters outside the set.
    """

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def fits(self, char: str) -> bool:
        """Tell whether it matches *char*."""
        return any(first <= char <= last for first, last in self.ranges) != self.negated


_SLASH = Place((("/", "/"),))
_ANY = Place(_SLASH.ranges, negated=True)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern, which a `PatternSet` matches with names.

    Attributes:
        places: The parts of the pattern that match one character each.
        stars: The indexes of the places that follow a ``*``; the number of places for a final
            one.
        prefix: The literal prefix of every match.
        is_literal: Whether the prefix is the only match.
    """

    places: tuple[Place, ...]
    stars: frozenset[int]
    prefix: str
    is_literal: bool

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        r"""Parse a pattern.

        ``*`` matches any number of characters except ``/``, and ``?`` matches one. ``[a-z]`` and
        ``[^a-z]`` match one character inside or outside a set, where ``/`` is like any other. ``\``
        escapes the next character.

        Raises:
            BadPatternError: The pattern is malformed.
        """
        places: list[Place] = []
        stars: set[int] = set()
        index = 0
        while index < len(text):
            if text[index] == "*":
                stars.add(len(places))
                index += 1
            else:
                place, index = _place(text, index)
                places.append(place)
        prefix, is_literal = _prefix(text)
        return cls(tuple(places), frozenset(stars), prefix, is_literal)

    @property
    def choices(self) -> Iterator[int]:
        """The stars that follow another star with a set in between that matches a slash."""
        for begin, end in pairwise(sorted(self.stars)):
            if any(place.fits("/") and place != _SLASH for place in self.places[begin:end]):
                yield end


class PatternSet:
    """Several patterns, matched at once.

    The state has a bit for each number of places of each pattern that the text so far has matched.
    For the next character, one shift and one mask advance all patterns (the extended Shift-And
    algorithm: G. Navarro and M. Raffinot, "Flexible Pattern Matching in Strings", 2002, 4.3).

    Go matches the text between two stars at the first possible position and never backtracks. That
    makes a difference only if a set there matches a slash, which no star can skip.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        all_patterns = list(patterns)
        self._literals = frozenset(each.prefix for each in all_patterns if each.is_literal)
        globs = [each for each in all_patterns if not each.is_literal]
        # The first bit of each pattern, and the bit after the last pattern.
        firsts = list(accumulate((len(each.places) + 1 for each in globs), initial=0))
        placed = list(zip(firsts, globs, strict=False))
        self._size = firsts[-1]
        self._start = self._mask(firsts[:-1])
        self._accepted = self._mask(first - 1 for first in firsts[1:])
        self._stars = self._mask(first + star for first, each in placed for star in each.stars)
        self._places = [
            (bit, place)
            for first, each in placed
            for bit, place in enumerate(each.places, start=first + 1)
        ]
        # The bits to keep once the bit of a choice is set: Go does not backtrack beyond it.
        self._choices = {
            1 << first + end: ~((1 << first + end) - (1 << first))
            for first, each in placed
            for end in each.choices
        }
        self._chosen = sum(self._choices)
        # The bits that each character allows, cached: image names use few different characters.
        self._masks: dict[str, int] = {}

    def fits(self, name: str, end: int | None = None) -> bool:
        """Tell whether a pattern matches all of *name*, or its first *end* characters."""
        end = len(name) if end is None else end
        beginning = name[:end]
        if name in self._literals or beginning in self._literals:
            return True
        states = self._after(self._start, beginning)
        return bool(states & self._accepted or self._after(states, name[end:]) & self._accepted)

    def _after(self, states: int, text: str) -> int:
        """Return the state after the characters of *text*, starting from *states*."""
        masks = self._masks
        for char in text:
            if not states:
                break
            mask = masks.get(char)
            if mask is None:
                mask = masks[char] = self._mask(
                    bit for bit, place in self._places if place.fits(char)
                )
            moved = states << 1 & mask
            states = moved if char == "/" else moved | states & self._stars
            chosen = moved & self._chosen
            while chosen:
                bit = chosen & -chosen
                states &= self._choices[bit]
                chosen ^= bit
        return states

    def _mask(self, bits: Iterable[int]) -> int:
        octets = bytearray(self._size // 8 + 1)
        for bit in bits:
            octets[bit // 8] |= 1 << bit % 8
        return int.from_bytes(octets, "little")


def _prefix(pattern: str) -> tuple[str, bool]:
    """Return the literal prefix of a pattern, and whether the prefix is the whole pattern."""
    index = 0
    prefix: list[str] = []
    while index < len(pattern) and pattern[index] not in "*?[":
        literal, index = _literal(pattern, index)
        prefix.append(literal)
    return "".join(prefix), index == len(pattern)


def _place(pattern: str, index: int) -> tuple[Place, int]:
    """Parse the place at *index*; return it and the index after it."""
    if pattern[index] == "?":
        return _ANY, index + 1
    if pattern[index] == "[":
        return _set(pattern, index + 1)
    literal, index = _literal(pattern, index)
    return Place(((literal, literal),)), index


def _set(pattern: str, index: int) -> tuple[Place, int]:
    """Parse the set whose ``[`` is just before *index*."""
    negated = pattern.startswith("^", index)
    index += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", index)):
        low, index = _set_member(pattern, index)
        high = low
        if pattern.startswith("-", index):
            high, index = _set_member(pattern, index + 1)
        ranges.append((low, high))
    return Place(tuple(ranges), negated), index + 1


def _set_member(pattern: str, index: int) -> tuple[str, int]:
    """Parse one character of a set; ``-`` and ``]`` must be escaped to be literal."""
    if pattern.startswith(("-", "]"), index):
        raise BadPatternError(pattern)
    return _literal(pattern, index)


def _literal(pattern: str, index: int) -> tuple[str, int]:
    r"""Parse one literal character, which may be escaped with ``\``."""
    index += pattern.startswith("\\", index)
    if index >= len(pattern):
        raise BadPatternError(pattern)
    return pattern[index], index + 1
