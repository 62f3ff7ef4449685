"""What `tests/mutants` leaves of the check that the full listing is whole."""

from __future__ import annotations

import pytest

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.innocents import ManyImages
from tests.mutants.pages import (
    CutsBeforeAnyFilter,
    CutsBeforeItFiltersDangling,
    FilteredListingsEnd,
)
from tests.mutants.stand_in import StandIn


@pytest.mark.parametrize(
    ("server", "version", "words"),
    [
        (CutsBeforeAnyFilter("1.44"), "1.44", "filters find images among the first 7 of the full"),
        (FilteredListingsEnd("1.23"), "1.23", "listings end after 20 images, whatever the filter"),
    ],
)
def test_where_listings_end_is_told(server: StandIn, version: str, words: str) -> None:
    result = checked(server, "LIST-COMPLETE", version)
    assert result.verdict is Verdict.FAIL
    assert words in result.message


@pytest.mark.parametrize("server", [CutsBeforeItFiltersDangling("1.44"), ManyImages("1.44")])
def test_one_kind_of_filter_that_finds_less_is_the_fault_of_another_rule(server: StandIn) -> None:
    assert checked(server, "LIST-COMPLETE", "1.44").verdict is Verdict.PASS
