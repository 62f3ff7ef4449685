from __future__ import annotations

from collections import Counter

from muster.fuzzing.choices import pick, rarely, weighted
from tests.conformance.support.choices import simplest


def test_pick_returns_the_chosen_value() -> None:
    assert pick(simplest, "abc") == "a"
    assert pick(lambda bound: bound - 1, "abc") == "c"


def test_weighted_picks_by_weight_with_the_simplest_first() -> None:
    table = {"often": 3, "now and then": 2, "rarely": 1}
    picked = [weighted(lambda _, index=index: index, table) for index in range(6)]  # type: ignore[misc]
    assert Counter(picked) == table
    assert weighted(simplest, table) == "often"


def test_rarely_is_false_for_the_simplest_choice() -> None:
    assert [rarely(lambda _, index=index: index, 3) for index in range(3)] == [False, False, True]  # type: ignore[misc]
