"""Tests of the checks on planted images that `tests/mutants` does not cover."""

from __future__ import annotations

from typing import Any

from tests.conformance.support.checking import checked_planted
from tests.mutants.stand_in import StandIn


class NothingIsShared(StandIn):
    def shared_size(self, each: dict[str, Any]) -> int:
        return 0


def test_an_uncounted_shared_layer_is_found() -> None:
    result = checked_planted(NothingIsShared("1.44"), "PLANT-SHARED-SIZE", "1.44")
    assert result.difference == ("- more than 0", "+ 0")
