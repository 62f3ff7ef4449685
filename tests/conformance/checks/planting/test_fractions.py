"""Tests of the check on fractions of a second that `tests/mutants` does not cover."""

from __future__ import annotations

from typing import Any

import pytest

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked_planted
from tests.mutants.fractions import (
    CutsUntilToTheSecond,
    KeepsWholeSeconds,
    SinceIncludesItsSecond,
)
from tests.mutants.stand_in import StandIn


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (KeepsWholeSeconds("1.44"), "of the same second, neither comes before the other"),
        (SinceIncludesItsSecond("1.44"), "before and since disagree about"),
        (CutsUntilToTheSecond("1.44"), "is wrong about"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_lost_fractions_are_found_with_time_filters(server: StandIn, words: str) -> None:
    assert words in checked_planted(server, "PLANT-FRACTIONS", "1.44").message


def test_until_is_not_requested_before_1_44() -> None:
    assert checked_planted(StandIn("1.24"), "PLANT-FRACTIONS", "1.24").verdict is Verdict.PASS


class UntilTakesTheTimeOfLoading(StandIn):
    """Compares `until` with the time when an image was loaded."""

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        old = each["Id"] not in self.layers or "until" not in filters
        return old and super().in_time(each, filters)


def test_until_may_use_other_dates_than_those_of_configs() -> None:
    server = UntilTakesTheTimeOfLoading("1.44")
    assert checked_planted(server, "PLANT-FRACTIONS", "1.44").verdict is Verdict.PASS
