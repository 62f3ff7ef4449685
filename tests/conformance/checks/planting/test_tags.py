"""Tests of the checks on tags that `tests/mutants` does not cover."""

from __future__ import annotations

import pytest

from muster.model.exchange import Response
from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked_planted
from tests.mutants.changes import (
    RemovedImagesAreInspected,
    RemovedImagesStayInTheIndexOfLabels,
    UntaggingDoesNothing,
)
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


def test_a_stale_listing_on_an_old_connection_is_found() -> None:
    result = checked_planted(ShowsOldConnectionsAnOldListing(), "PLANT-TAG")
    assert "a connection from before the change shows an old listing" in result.message


@pytest.mark.parametrize("name", ["PLANT-REMOVE", "PLANT-REMOVE-ID"])
@pytest.mark.parametrize(
    ("server", "words"),
    [
        (RemovedImagesAreInspected, "is inspected after it was removed"),
        (RemovedImagesStayInTheIndexOfLabels, "is listed after it was removed"),
    ],
)
def test_a_removed_image_is_gone_from_every_answer(
    server: type[StandIn], words: str, name: str
) -> None:
    result = checked_planted(server(), name)
    assert result.verdict is Verdict.FAIL
    assert words in result.message


def test_a_tag_that_cannot_be_taken_away_is_the_fault_of_another_rule() -> None:
    result = checked_planted(UntaggingDoesNothing(), "PLANT-TAG")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "(see PLANT-UNTAG)" in result.message


class RefusesLabels(StandIn):
    def known(self, key: str) -> None:
        super().known("" if key == "label" else key)


def test_filters_that_are_refused_are_left_out() -> None:
    assert checked_planted(RefusesLabels(), "PLANT-REMOVE").verdict is Verdict.PASS
