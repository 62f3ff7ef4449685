from __future__ import annotations

from collections import Counter

from muster.fuzzing.choices import pick, rarely, weighted
from tests.conformance.support.choices import simplest


def test_one_of_the_values_is_picked_as_chosen() -> None:
    assert pick(simplest, "abc") == "a"
    assert pick(lambda bound: bound - 1, "abc") == "c"


def test_what_weighs_more_is_picked_more_often_and_the_simplest_stands_first() -> None:
    table = {"often": 3, "now and then": 2, "rarely": 1}
    picked = [weighted(lambda _, index=index: index, table) for index in range(6)]  # type: ignore[misc]
    assert Counter(picked) == table
    assert weighted(simplest, table) == "often"


def test_what_is_rare_is_never_the_simplest() -> None:
    assert [rarely(lambda _, index=index: index, 3) for index in range(3)] == [False, False, True]  # type: ignore[misc]
