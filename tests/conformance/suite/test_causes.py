from __future__ import annotations

from dataclasses import replace
from fnmatch import filter as matching

import pytest

from muster.model.exchange import Exchange, Response
from muster.model.query import Query
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict, conforms
from muster.suite.causes import CAUSES, Cause, with_causes

REGISTER = requirements()
REFUSED = Exchange(Query(filters={"label": ["a"]}).request(), Response(404, {}, b"none"))
FAIL, WARN, UNDECIDED = Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE


def result(name: str, verdict: Verdict = FAIL, *shown_by: Exchange) -> Result:
    return Result(REGISTER[name], verdict, "wrong", (), shown_by)


def told(*results: Result) -> dict[str, tuple[Verdict, str]]:
    found = with_causes(results)
    return {each.requirement.id: (each.verdict, each.message) for each in found}


def test_a_departure_that_looks_like_that_of_its_cause_counts_once() -> None:
    assert told(
        result("LIST-EMPTY", FAIL, REFUSED),
        result("LIST-LABEL-KEY", FAIL, REFUSED),
        result("LIST-ORDER"),
    ) == {
        "LIST-EMPTY": (FAIL, "wrong"),
        "LIST-LABEL-KEY": (UNDECIDED, "wrong (may follow from LIST-EMPTY)"),
        "LIST-ORDER": (FAIL, "wrong"),
    }


def test_one_that_looks_otherwise_stands_for_itself() -> None:
    other = replace(REFUSED, response=Response(500, {}, b"oops"))
    assert told(result("LIST-EMPTY", FAIL, REFUSED), result("LIST-LABEL-KEY", FAIL, other)) == {
        "LIST-EMPTY": (FAIL, "wrong"),
        "LIST-LABEL-KEY": (FAIL, "wrong"),
    }


def test_a_requirement_is_not_judged_before_those_that_it_rests_on() -> None:
    assert told(result("PLANT-TAG"), result("PLANT-TAG-MOVES")) == {
        "PLANT-TAG": (FAIL, "wrong"),
        "PLANT-TAG-MOVES": (UNDECIDED, "wrong (may follow from PLANT-TAG)"),
    }


def test_a_possible_second_fault_only_mentions_the_cause() -> None:
    assert told(result("LIST-SCHEMA"), result("LIST-PARENT")) == {
        "LIST-SCHEMA": (FAIL, "wrong"),
        "LIST-PARENT": (FAIL, "wrong (may follow from LIST-SCHEMA)"),
    }


def test_a_consequence_is_not_a_cause() -> None:
    found = told(
        result("LIST-EMPTY", FAIL, REFUSED),
        result("LIST-LABEL-KEY", FAIL, REFUSED),
        result("LIST-LABEL-AND", FAIL, REFUSED),
    )
    assert found["LIST-LABEL-AND"] == (UNDECIDED, "wrong (may follow from LIST-EMPTY)")
    assert found["LIST-EMPTY"] == (FAIL, "wrong")


def test_a_failure_does_not_disappear_behind_a_warning() -> None:
    results = [result("PLANT-TAG", WARN), result("PLANT-UNTAG"), result("PLANT-TAG-LAST", WARN)]
    found = told(*results)
    assert found["PLANT-UNTAG"] == (FAIL, "wrong (may follow from PLANT-TAG)")
    assert found["PLANT-TAG-LAST"] == (UNDECIDED, "wrong (may follow from PLANT-TAG)")
    assert not conforms(with_causes(results))


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.OBSERVE])
def test_only_departures_are_causes_and_consequences(verdict: Verdict) -> None:
    one = told(result("PLANT-TAG", verdict), result("PLANT-TAG-LAST"))
    assert one["PLANT-TAG-LAST"] == (FAIL, "wrong")
    other = told(result("PLANT-TAG"), result("PLANT-TAG-LAST", verdict))
    assert other["PLANT-TAG-LAST"] == (verdict, "wrong")


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_causes_and_consequences_are_requirements(cause: Cause) -> None:
    assert cause.id in REGISTER
    for pattern in cause.patterns:
        assert matching(REGISTER, pattern)
