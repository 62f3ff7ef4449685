"""Weighted random choices.

Every choice is an index below a bound, 0 being the simplest, that a function supplies. A random
generator draws many queries fast; Hypothesis shrinks a query that shows a fault. So the values of
a table are in order, the simplest first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

Choose = Callable[[int], int]
"""Returns an index below the given bound; lower indices mean simpler values."""


def pick(choose: Choose, values: Sequence[T]) -> T:
    """Pick one of *values*, all equally likely."""
    return values[choose(len(values))]


def weighted(choose: Choose, table: Mapping[T, int]) -> T:
    """Pick one of the values of *table*, each with the likelihood that its weight gives.

    >>> [weighted(lambda _: n, {"often": 3, "rarely": 1}) for n in range(4)]
    ['often', 'often', 'often', 'rarely']
    """
    return pick(choose, [value for value, weight in table.items() for _ in range(weight)])


def rarely(choose: Choose, one_in: int) -> bool:
    """Return True once in *one_in* times."""
    return choose(one_in) == one_in - 1
