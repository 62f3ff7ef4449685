"""What `tests/mutants` leaves of the checks on planted images."""

from __future__ import annotations

from typing import Any

from tests.conformance.support.checking import checked_planted
from tests.mutants.stand_in import StandIn


class NothingIsShared(StandIn):
    def shared_size(self, each: dict[str, Any]) -> int:
        return 0


def test_a_shared_layer_that_is_not_counted_is_found() -> None:
    result = checked_planted(NothingIsShared("1.44"), "PLANT-SHARED-SIZE", "1.44")
    assert result.difference == ("- more than 0", "+ 0")
