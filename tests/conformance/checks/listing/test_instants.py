"""Tests of the check on timestamp formats that `tests/mutants` does not cover."""

from __future__ import annotations

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.innocents import OneSecondForAll


def test_images_of_the_same_second_are_no_evidence_for_until() -> None:
    result = checked(OneSecondForAll("1.44"), "LIST-UNTIL-SPELLINGS", "1.44")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "five minutes apart" in result.message
