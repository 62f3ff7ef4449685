"""Conditions of a query that an index can check, in the database or in memory.

A prefilter may only exclude images that the query does not admit; the rest are still checked one
by one (`musterd.listing`). So it may be too wide, but never too narrow.
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
    NameFilter,
    RepositoryPattern,
)
from musterd.listing.labels import LabelCondition

# Sorts after every character of a name, and so ends a range of names with a common prefix.
LAST = "\U0010ffff"

# The number of bits in each half of a label's hash.
_BITS = 32
# The prefixes that a full spelling may add to the familiar one.
_TAKEN_FOR_GRANTED = ("", "docker.io/", "docker.io/library/")
# The most alternatives for which an index is faster than looking at every image.
_MOST = 16


@dataclass(frozen=True, slots=True)
class LabelRange:
    """A range of label hashes, both ends included.

    Attributes:
        first: The lowest hash.
        last: The highest hash.
    """

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NameRange:
    """A range of names in code point order, both ends included.

    Attributes:
        first: The lowest name.
        last: The highest name.
    """

    first: str
    last: str

    @property
    def repository(self) -> str:
        """The part before the digest if `first` is a name with a digest."""
        return self.first.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Conditions that every admitted image meets.

    Attributes:
        label: The image has a label with a hash in this range; None for no condition.
        names: The image has a repository or name in one of these; None for no condition.
    """

    label: LabelRange | None = None
    names: tuple[NameRange, ...] | None = None

    @classmethod
    def of(cls, filters: Filters) -> "Prefilter":
        """Return the conditions that images must meet for *filters* to admit them."""
        # One label is enough. Prefer one with a value, which fewer images will have.
        labels = sorted(
            (_label_range(each) for each in filters.labels or () if not each.negated),
            key=lambda each: each.last - each.first,
        )
        return cls(label=labels[0] if labels else None, names=_names(filters.name))


class Index:
    """An index in memory, which finds the images that a prefilter admits."""

    def __init__(self, images: Sequence[Image]) -> None:
        self._labels = sorted(
            (label_hash(*label), position)
            for position, image in enumerate(images)
            for labels in image.label_sets()
            for label in labels.items()
        )
        self._names = sorted(
            (text, position)
            for position, image in enumerate(images)
            for name in image.references()
            for text in (name.repository, name.familiar)
        )

    def positions(self, prefilter: Prefilter) -> list[int]:
        """Return the sorted positions of these images; *prefilter* must have a condition."""
        conditions: list[set[int]] = []
        if prefilter.names is not None:
            conditions.append({at for each in prefilter.names for at in _in(self._names, each)})
        if prefilter.label is not None:
            conditions.append(set(_in(self._labels, prefilter.label)))
        return sorted(set.intersection(*conditions))


def label_hash(key: str, value: str) -> int:
    """Return the number of a label in the index, which few other labels share, if any.

    Labels can be too long for an index, and contain characters that PostgreSQL cannot store. Labels
    with the same key have adjacent numbers.
    """
    return _first(key) + zlib.crc32(_octets(value))


def _in(entries: Sequence[tuple[Any, int]], wanted: LabelRange | NameRange) -> Iterable[int]:
    """Return the positions of the sorted *entries* that are in the range *wanted*."""
    key = itemgetter(0)
    first = bisect_left(entries, wanted.first, key=key)
    last = bisect_right(entries, wanted.last, lo=first, key=key)
    return (position for _, position in entries[first:last])


@lru_cache(maxsize=256)
def _first(key: str) -> int:
    """Return the lowest number of a label with this key, within a signed 64-bit integer."""
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
    # A malformed pattern is an error only for an image with a name that no earlier pattern matches.
    return _alternatives(known, full=wanted.full) if len(known) == len(wanted.patterns) else None


def _alternatives(patterns: Iterable[Pattern], *, full: bool) -> tuple[NameRange, ...] | None:
    """Return the names that *patterns* may match, or None if an index would not help."""
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
    """Drop ranges that no name can be in, which PostgreSQL would refuse to look up."""
    return tuple(each for each in names if "\0" not in each.first)
