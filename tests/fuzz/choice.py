"""Choose valid values more often than invalid ones, so that inputs get far."""

from typing import TypeVar

from hypothesis import strategies as st

_A = TypeVar("_A")
_B = TypeVar("_B")


def mostly(
    right: st.SearchStrategy[_A], other: st.SearchStrategy[_B], times: int = 6
) -> st.SearchStrategy[_A | _B]:
    """Draw from *other* once in so many times."""
    # The ends of a range are drawn more often than the rest of it.
    return st.integers(1, times).flatmap(lambda number: other if number == 2 else right)
