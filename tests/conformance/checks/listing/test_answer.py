"""What `tests/mutants` leaves of the checks on a listing by itself."""

from __future__ import annotations

import pytest

from muster.model.exchange import Response
from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.answers import OneImageIsNoArray
from tests.mutants.innocents import NothingAtAll, UntaggedOnly
from tests.mutants.stand_in import StandIn


def test_a_listing_of_one_image_is_an_array_too() -> None:
    result = checked(OneImageIsNoArray(), "LIST-ANSWER")
    assert result.verdict is Verdict.FAIL
    assert "the body is not a JSON array" in result.message


class RefusesFilters(StandIn):
    def listed_as_asked(self, query: str) -> Response:
        return (
            self.error(400, "no filters") if "filter" in query else super().listed_as_asked(query)
        )


@pytest.mark.parametrize("server", [RefusesFilters("1.44"), UntaggedOnly("1.44"), NothingAtAll()])
def test_filters_that_are_refused_and_images_without_names_are_no_fault_here(
    server: StandIn,
) -> None:
    assert checked(server, "LIST-ANSWER", "1.44").verdict is Verdict.PASS
