from __future__ import annotations

from fnmatch import filter as matching

import pytest

from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.suite.causes import FOLLOWING, with_causes

REGISTER = requirements()


def results(**verdicts: Verdict) -> dict[str, Result]:
    return {
        name.replace("_", "-"): Result(REGISTER[name.replace("_", "-")], verdict, "wrong")
        for name, verdict in verdicts.items()
    }


def messages(**verdicts: Verdict) -> dict[str, str]:
    found = with_causes(results(**verdicts).values())
    return {result.requirement.id: result.message for result in found}


def test_a_departure_that_may_follow_from_another_says_so() -> None:
    assert messages(
        LIST_COMPLETE=Verdict.FAIL, LIST_LABEL_KEY=Verdict.FAIL, LIST_ORDER=Verdict.FAIL
    ) == {
        "LIST-COMPLETE": "wrong",
        "LIST-LABEL-KEY": "wrong (may follow from LIST-COMPLETE)",
        "LIST-ORDER": "wrong",
    }


def test_the_first_cause_is_named_and_is_itself_no_consequence() -> None:
    assert messages(
        LIST_EMPTY=Verdict.FAIL, LIST_LABEL_KEY=Verdict.FAIL, LIST_LABEL_AND=Verdict.WARN
    ) == {
        "LIST-EMPTY": "wrong",
        "LIST-LABEL-KEY": "wrong (may follow from LIST-EMPTY)",
        "LIST-LABEL-AND": "wrong (may follow from LIST-EMPTY)",
    }
    assert messages(LIST_ANSWER=Verdict.FAIL) == {"LIST-ANSWER": "wrong"}


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.OBSERVE])
def test_what_is_no_departure_is_neither_cause_nor_consequence(verdict: Verdict) -> None:
    assert messages(LIST_COMPLETE=verdict, LIST_LABEL_KEY=Verdict.FAIL) == {
        "LIST-COMPLETE": "wrong",
        "LIST-LABEL-KEY": "wrong",
    }
    assert messages(LIST_COMPLETE=Verdict.FAIL, LIST_LABEL_KEY=verdict) == {
        "LIST-COMPLETE": "wrong",
        "LIST-LABEL-KEY": "wrong",
    }


@pytest.mark.parametrize("cause", FOLLOWING)
def test_causes_and_consequences_are_requirements(cause: str) -> None:
    assert cause in REGISTER
    for pattern in FOLLOWING[cause]:
        assert matching(REGISTER, pattern)
