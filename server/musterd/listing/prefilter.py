"""What of a query an index can answer: those of the database, or one in memory.

A prefilter may leave out only images that the query does not admit; the others are still looked at
one by one (`musterd.listing`). So it need not be exact, but must never be too narrow.
"""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from musterd.images.glob import Pattern
from musterd.images.image import Image
from musterd.listing.filters import (
    ExactName,
    Filters,
    LabelCondition,
    NameFilter,
    RepositoryPattern,
)

#: What texts that begin like another one come before.
LAST = "\U0010ffff"

# Half of the bits of a label's hash.
_BITS = 32
# What a full spelling may have before the familiar one.
_TAKEN_FOR_GRANTED = ("", "docker.io/", "docker.io/library/")
# With more alternatives looking at every image is no worse.
_MOST = 16


@dataclass(frozen=True, slots=True)
class LabelRange:
    """Label hashes from one number to another, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NameRange:
    """Names from one text to another, both included, code point by code point."""

    first: str
    last: str

    @property
    def repository(self) -> str:
        """What a name with a digest, if the text has one, has before it."""
        return self.first.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Prefilter:
    """What an image must have at least, to be admitted."""

    #: A label with one of these hashes; None: no condition.
    label: LabelRange | None = None
    #: A repository or a name from one of these; None: no condition.
    names: tuple[NameRange, ...] | None = None

    @classmethod
    def of(cls, filters: Filters) -> "Prefilter":
        """Return what an image must have for *filters* to admit it."""
        # One label is enough, and rather one with a value: fewer images will have that.
        labels = sorted(
            map(_label_range, filters.labels or ()), key=lambda each: each.last - each.first
        )
        return cls(label=labels[0] if labels else None, names=_names(filters.name))


class Index:
    """Where among some images those are that a prefilter may leave."""

    def __init__(self, images: Sequence[Image]) -> None:
        self._labels = sorted(
            (label_hash(*label), position)
            for position, image in enumerate(images)
            for label in (image.labels or {}).items()
        )
        self._names = sorted(
            (text, position)
            for position, image in enumerate(images)
            for name in (*image.tags, *image.digests)
            for text in (name.repository, name.familiar)
        )

    def positions(self, prefilter: Prefilter) -> list[int]:
        """Return the positions of those images, in order; *prefilter* has a condition."""
        conditions: list[set[int]] = []
        if prefilter.names is not None:
            conditions.append({at for each in prefilter.names for at in _in(self._names, each)})
        if prefilter.label is not None:
            conditions.append(set(_in(self._labels, prefilter.label)))
        return sorted(set.intersection(*conditions))


def label_hash(key: str, value: str) -> int:
    """Return the number that stands for a label in the index, among few others or none.

    Labels can be too long for an index, and hold characters that PostgreSQL has no place for. All
    with the same key follow each other.
    """
    return _first(key) + zlib.crc32(_octets(value))


def _in(entries: Sequence[tuple[Any, int]], wanted: LabelRange | NameRange) -> Iterable[int]:
    """Return the positions that stand with what is *wanted*, in sorted entries."""
    key = itemgetter(0)
    first = bisect_left(entries, wanted.first, key=key)
    last = bisect_right(entries, wanted.last, lo=first, key=key)
    return (position for _, position in entries[first:last])


@lru_cache(maxsize=256)
def _first(key: str) -> int:
    """Return the lowest number of a label with this key, within what databases call a bigint."""
    return (zlib.crc32(_octets(key)) - (1 << _BITS - 1)) << _BITS


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _label_range(condition: LabelCondition) -> LabelRange:
    if condition.value is not None:
        only = label_hash(condition.key, condition.value)
        return LabelRange(only, only)
    first = _first(condition.key)
    return LabelRange(first, first + 2**_BITS - 1)


def _names(wanted: NameFilter | None) -> tuple[NameRange, ...] | None:
    if wanted is None:
        return None
    if isinstance(wanted, ExactName):
        return _storable([NameRange(wanted.text, wanted.text)])
    if isinstance(wanted, RepositoryPattern):
        return () if wanted.pattern is None else _alternatives([wanted.pattern], full=False)
    known = [pattern for pattern in wanted.patterns if pattern is not None]
    # A malformed one is an error only if there is a name that none of those before it fits.
    return _alternatives(known, full=wanted.full) if len(known) == len(wanted.patterns) else None


def _alternatives(patterns: Iterable[Pattern], *, full: bool) -> tuple[NameRange, ...] | None:
    """Return the names that one of *patterns* may fit, or None where that is not worth saying."""
    beginnings = _TAKEN_FOR_GRANTED if full else ("",)
    found: list[NameRange] = []
    for pattern in patterns:
        for beginning in beginnings:
            if pattern.prefix.startswith(beginning):
                text = pattern.prefix.removeprefix(beginning)
                if not text and not pattern.is_literal:
                    return None
                found.append(NameRange(text, text if pattern.is_literal else text + LAST))
            elif not pattern.is_literal and beginning.startswith(pattern.prefix):
                return None
    return _storable(found) if len(found) <= _MOST else None


def _storable(names: Iterable[NameRange]) -> tuple[NameRange, ...]:
    """Leave out what no name can be, and PostgreSQL would not even look for."""
    return tuple(each for each in names if "\0" not in each.first)
