"""Tests of the checks on `before`, `since` and `until` that `tests/mutants` does not cover."""

from __future__ import annotations

import pytest

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.stand_in import StandIn
from tests.mutants.values import (
    BeforeIncludesTheSameInstant,
    TheLastUntilCounts,
    UntilIncludesItsInstant,
)


@pytest.mark.parametrize(
    ("server", "name", "words"),
    [
        (BeforeIncludesTheSameInstant("1.44"), "LIST-BEFORE", "comes neither before nor after"),
        (TheLastUntilCounts("1.44"), "LIST-UNTIL", "lists other images than until=1 alone"),
        (UntilIncludesItsInstant("1.44"), "LIST-UNTIL", "which was created at that instant"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_wrong_responses_to_time_filters_are_explained(
    server: StandIn, name: str, words: str
) -> None:
    assert words in checked(server, name, "1.44").message


class DatesImagesOneHourEarlier(StandIn):
    """Compares `until` with another date of an image than the one that it shows."""

    def moment(self, text: str) -> float:
        return super().moment(text) + 3600


def test_until_may_use_other_dates_than_those_shown() -> None:
    assert checked(DatesImagesOneHourEarlier("1.44"), "LIST-UNTIL", "1.44").verdict is Verdict.PASS
