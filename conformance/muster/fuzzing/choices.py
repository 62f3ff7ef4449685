"""Choices by weight.

Every choice is an index below a bound, 0 the simplest, taken from a function: that of a random
generator draws many queries fast, that of Hypothesis makes a query that shows a fault shorter. So
the values of a table stand in order, the simplest first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

Choose = Callable[[int], int]
"""An index below the bound that it is given; the lower, the simpler is what it stands for."""


def pick(choose: Choose, values: Sequence[T]) -> T:
    """Pick one of *values*, each as often as any other."""
    return values[choose(len(values))]


def weighted(choose: Choose, table: Mapping[T, int]) -> T:
    """Pick one of the values of *table*, each as often as its weight says.

    >>> [weighted(lambda _: n, {"often": 3, "rarely": 1}) for n in range(4)]
    ['often', 'often', 'often', 'rarely']
    """
    return pick(choose, [value for value, weight in table.items() for _ in range(weight)])


def rarely(choose: Choose, one_in: int) -> bool:
    """Whether to do what is done once in *one_in* times."""
    return choose(one_in) == one_in - 1
