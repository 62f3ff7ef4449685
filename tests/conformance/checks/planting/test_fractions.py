"""What `tests/mutants` leaves of the check on fractions of a second."""

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
def test_a_lost_fraction_is_found_by_the_filter_that_shows_it(server: StandIn, words: str) -> None:
    assert words in checked_planted(server, "PLANT-FRACTIONS", "1.44").message


def test_before_api_1_44_until_is_not_asked_for() -> None:
    assert checked_planted(StandIn("1.24"), "PLANT-FRACTIONS", "1.24").verdict is Verdict.PASS


class UntilTakesTheTimeOfLoading(StandIn):
    """Dates what was loaded by when it was, for `until` only."""

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        old = each["Id"] not in self.layers or "until" not in filters
        return old and super().in_time(each, filters)


def test_until_is_not_judged_where_it_goes_by_other_dates_than_those_of_configs() -> None:
    server = UntilTakesTheTimeOfLoading("1.44")
    assert checked_planted(server, "PLANT-FRACTIONS", "1.44").verdict is Verdict.PASS
