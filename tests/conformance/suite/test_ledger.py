from __future__ import annotations

import pytest

from muster.register.requirements import requirements
from muster.register.verdict import Blocked, Departure, Inconclusive, Outcome, Passed, judge
from muster.suite.ledger import Ledger

REGISTER = requirements()
ORDER, ALIVE = REGISTER["LIST-ORDER"], REGISTER["FUZZ-ALIVE"]
MET, WRONG, WORSE = Passed(), Departure("wrong"), Departure("worse")


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (MET, WRONG, WRONG),
        (WRONG, MET, WRONG),
        (WRONG, WORSE, WRONG),
        (Inconclusive("no image"), MET, MET),
        (MET, Inconclusive("no image"), Inconclusive("no image")),
    ],
)
def test_the_first_departure_wins_over_later_results(
    first: Outcome, second: Outcome, stands: Outcome
) -> None:
    ledger = Ledger()
    ledger.add(judge(ORDER, first))
    ledger.add(judge(ORDER, second))
    (result,) = ledger.results([ORDER])
    assert (result.verdict, result.message) == (
        judge(ORDER, stands).verdict,
        judge(ORDER, stands).message,
    )
    assert (ledger.departed() == {"LIST-ORDER"}) is isinstance(stands, Departure)


def test_a_crash_is_attributed_to_its_requirement() -> None:
    ledger = Ledger()
    died = Departure("it died")
    ledger.add(judge(ORDER, died, 3, 0.5))
    ledger.blame_on("FUZZ-ALIVE", "it died", Blocked("not tried"))
    assert ledger.departed() == {"LIST-ORDER"}
    ledger.add(judge(ALIVE, died))
    ledger.blame_on("FUZZ-ALIVE", "it died", Blocked("not tried"))
    assert ledger.departed() == {"FUZZ-ALIVE"}
    (result,) = ledger.results([ORDER])
    assert (result.message, result.requests, result.seconds) == ("not tried", 3, 0.5)
