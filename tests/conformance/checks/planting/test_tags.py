"""What `tests/mutants` leaves of the checks on tags."""

from __future__ import annotations

from muster.model.exchange import Response
from tests.conformance.support.checking import checked_planted
from tests.mutants.side_effects import LoserShowsHalfAPlaceholder
from tests.mutants.stand_in import StandIn


def test_half_a_placeholder_is_found() -> None:
    result = checked_planted(LoserShowsHalfAPlaceholder(), "PLANT-TAG-LAST")
    assert "half a placeholder" in result.message


class ShowsOldConnectionsAnOldListing(StandIn):
    """Answers the second full listing after a tag was given as before it."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.before = 0, self.json([])

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        self.count, self.before = 0, super().listed_as_asked("all=1")
        return super().tagged(name, parameters)

    def listed_as_asked(self, query: str) -> Response:
        self.count += query == "all=1"
        return self.before if self.count == 2 else super().listed_as_asked(query)


def test_a_connection_that_keeps_an_old_listing_is_found_beside_one_that_sees_the_truth() -> None:
    result = checked_planted(ShowsOldConnectionsAnOldListing(), "PLANT-TAG")
    assert "a connection from before the change shows an old listing" in result.message
