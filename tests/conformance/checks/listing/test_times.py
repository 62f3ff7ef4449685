"""What `tests/mutants` leaves of the checks on `before`, `since` and `until`."""

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
def test_a_wrong_answer_to_a_time_is_named(server: StandIn, name: str, words: str) -> None:
    assert words in checked(server, name, "1.44").message


class DatesImagesOneHourEarlier(StandIn):
    """Compares `until` with another date of an image than the one that it shows."""

    def moment(self, text: str) -> float:
        return super().moment(text) + 3600


def test_until_is_not_judged_at_instants_where_it_goes_by_other_dates_than_those_shown() -> None:
    assert checked(DatesImagesOneHourEarlier("1.44"), "LIST-UNTIL", "1.44").verdict is Verdict.PASS
