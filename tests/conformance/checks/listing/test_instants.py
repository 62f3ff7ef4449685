"""What `tests/mutants` leaves of the check on the spellings of a time."""

from __future__ import annotations

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.innocents import OneSecondForAll


def test_images_of_one_second_have_no_instant_between_them() -> None:
    result = checked(OneSecondForAll("1.44"), "LIST-UNTIL-SPELLINGS", "1.44")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "five minutes apart" in result.message
