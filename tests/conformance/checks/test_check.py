from __future__ import annotations

from random import Random

import pytest

from muster.checks.check import Context


def context(seed: int, limit: int) -> Context:
    return Context(Random(seed), limit, {})  # noqa: S311 - no secret


@pytest.mark.parametrize("limit", [3, 4])
def test_few_values_are_all_tried_once(limit: int) -> None:
    assert context(0, limit).some("abcab") == ["a", "b", "c"]


def test_a_sample_of_many_values_keeps_their_order() -> None:
    chosen = context(0, 5).some(range(100))
    assert len(set(chosen)) == 5
    assert chosen == sorted(chosen)


def test_a_check_can_lower_the_sample_size() -> None:
    assert len(context(0, 5).some(range(100), at_most=3)) == 3
    assert len(context(0, 2).some(range(100), at_most=3)) == 2


def test_the_seed_determines_the_sample() -> None:
    choices = [tuple(context(seed, 5).some(range(100))) for seed in (1, 1, 2)]
    assert choices[0] == choices[1] != choices[2]


def test_odd_values_are_sampled_first() -> None:
    def odd(value: int) -> bool:
        return value % 25 == 0

    chosen = context(0, 6).some(range(100), odd)
    assert [value for value in chosen if odd(value)] == [0, 25, 50, 75]
    assert len(chosen) == 6
    assert chosen == sorted(chosen)
    assert all(odd(value) for value in context(0, 3).some(range(100), odd))
