"""Shell patterns as Go's `path.Match` reads them.

`filter` matches repository names with it (moby v1.11.2 ``daemon/images.go:Images``), and the filter
`reference` names with and without their tags. Python's `fnmatch` differs: its ``*`` crosses ``/``,
it has no escapes, and every pattern is fine. And a regular expression, of which it makes use, may
take quadratic time or worse; this takes one step for each character of a name, whatever the
patterns are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise


class BadPatternError(ValueError):
    """A pattern's syntax is wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a pattern, for one character.

    Attributes:
        ranges: The first and the last character of each range of the set.
        negated: Whether the characters outside the set fit, instead of those in it.
    """

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def fits(self, char: str) -> bool:
        """Tell whether a character may stand here."""
        return any(first <= char <= last for first, last in self.ranges) != self.negated


_SLASH = Place((("/", "/"),))
_ANY = Place(_SLASH.ranges, negated=True)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, read once to be matched with many names by a `PatternSet`.

    Attributes:
        places: What stands for one character each.
        stars: Before which places a ``*`` stands; their number if it ends with one.
        prefix: What everything that fits begins with.
        is_literal: Whether that is all that fits.
    """

    places: tuple[Place, ...]
    stars: frozenset[int]
    prefix: str
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
        """The stars that places follow from another star of which a set admits a slash."""
        for begin, end in pairwise(sorted(self.stars)):
            if any(place.fits("/") and place != _SLASH for place in self.places[begin:end]):
                yield end


class PatternSet:
    """Patterns that are matched together.

    Each pattern has a bit for each number of its places that the characters so far fit. For the
    next character, one shift and one mask move the bits of all patterns on (the extended Shift-And
    algorithm: G. Navarro and M. Raffinot, "Flexible Pattern Matching in Strings", 2002, 4.3).

    Go takes the first place where what stands between two stars fits, and never another one. That
    makes a difference only if a set there admits a slash, which no star can make up for.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        all_patterns = list(patterns)
        self._literals = frozenset(each.prefix for each in all_patterns if each.is_literal)
        globs = [each for each in all_patterns if not each.is_literal]
        # The first bit of each, and one beyond the last.
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
        # By the bit that says that it fits, what is left when it does.
        self._choices = {
            1 << first + end: ~((1 << first + end) - (1 << first))
            for first, each in placed
            for end in each.choices
        }
        self._chosen = sum(self._choices)
        # The bits that each character may lead to. Names of images have few different ones.
        self._masks: dict[str, int] = {}

    def fits(self, name: str, end: int | None = None) -> bool:
        """Tell whether a pattern fits the whole of *name*, or its first *end* characters."""
        end = len(name) if end is None else end
        beginning = name[:end]
        if name in self._literals or beginning in self._literals:
            return True
        states = self._after(self._start, beginning)
        return bool(states & self._accepted or self._after(states, name[end:]) & self._accepted)

    def _after(self, states: int, text: str) -> int:
        """Return which bits are set after the characters of *text*, if *states* are before."""
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
    """Return the characters before the first that stands for others, and whether there is none."""
    index = 0
    prefix: list[str] = []
    while index < len(pattern) and pattern[index] not in "*?[":
        literal, index = _literal(pattern, index)
        prefix.append(literal)
    return "".join(prefix), index == len(pattern)


def _place(pattern: str, index: int) -> tuple[Place, int]:
    """Read the place at *index*; return it and the index after it."""
    if pattern[index] == "?":
        return _ANY, index + 1
    if pattern[index] == "[":
        return _set(pattern, index + 1)
    literal, index = _literal(pattern, index)
    return Place(((literal, literal),)), index


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
    return Place(tuple(ranges), negated), index + 1


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
