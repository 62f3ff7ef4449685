"""What `tests/mutants` leaves of the checks on combined conditions."""

from __future__ import annotations

from typing import Any

import pytest

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.conditions import (
    AnyFilterWillDo,
    UntilIsForgottenBesideReference,
    UntilIsForgottenBesideSince,
)
from tests.mutants.stand_in import Mistake, StandIn


@pytest.mark.parametrize(
    "server", [UntilIsForgottenBesideReference("1.44"), UntilIsForgottenBesideSince("1.44")]
)
def test_a_time_that_is_dropped_beside_another_condition_is_found(server: StandIn) -> None:
    result = checked(server, "LIST-CONDITIONS-AND", "1.44")
    assert result.verdict is Verdict.FAIL
    assert "two conditions together" in result.message


def test_any_condition_is_not_enough() -> None:
    assert checked(AnyFilterWillDo(), "LIST-CONDITIONS-AND").verdict is Verdict.FAIL


class RefusesTimes(StandIn):
    def moment(self, text: str) -> float:
        raise Mistake(f"no time: {text}")


class DatesNothing(StandIn):
    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Created": 0}


@pytest.mark.parametrize("server", [RefusesTimes("1.44"), DatesNothing("1.44")])
def test_without_times_the_other_conditions_are_judged(server: StandIn) -> None:
    assert checked(server, "LIST-CONDITIONS-AND", "1.44").verdict is Verdict.PASS
