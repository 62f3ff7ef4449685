"""What `tests/mutants` leaves of the checks on tags."""

from __future__ import annotations

from tests.conformance.support.checking import checked_planted
from tests.mutants.side_effects import LoserShowsHalfAPlaceholder


def test_half_a_placeholder_is_found() -> None:
    result = checked_planted(LoserShowsHalfAPlaceholder(), "PLANT-TAG-LAST")
    assert "half a placeholder" in result.message
