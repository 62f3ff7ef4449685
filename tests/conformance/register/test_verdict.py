from __future__ import annotations

import pytest

from muster.model.exchange import Exchange, Request
from muster.register.requirements import Level, Requirement
from muster.register.verdict import (
    Departure,
    Inconclusive,
    Outcome,
    Passed,
    Result,
    Verdict,
    conforms,
    judge,
    summary,
)

EXCHANGE = Exchange(Request("/"), None, "gone")


def requirement(level: Level = Level.MUST) -> Requirement:
    return Requirement("X", level, "A rule.", "words", "seed")


@pytest.mark.parametrize(
    ("level", "outcome", "verdict"),
    [
        (Level.MUST, Passed(), Verdict.PASS),
        (Level.SHOULD, Passed(), Verdict.PASS),
        (Level.OBSERVE, Passed(), Verdict.OBSERVE),
        (Level.MUST, Departure("no"), Verdict.FAIL),
        (Level.SHOULD, Departure("no"), Verdict.WARN),
        (Level.OBSERVE, Departure("no"), Verdict.OBSERVE),
        (Level.MUST, Inconclusive("none"), Verdict.INCONCLUSIVE),
        (Level.SHOULD, Inconclusive("none"), Verdict.INCONCLUSIVE),
        (Level.OBSERVE, Inconclusive("none"), Verdict.INCONCLUSIVE),
    ],
)
def test_an_outcome_is_judged_at_the_level_of_its_requirement(
    level: Level, outcome: Outcome, verdict: Verdict
) -> None:
    result = judge(requirement(level), outcome, 3)
    assert (result.verdict, result.requests) == (verdict, 3)


def test_a_result_has_the_details_of_its_departure() -> None:
    departure = Departure("no", [EXCHANGE], ["- a", "+ b"])
    assert str(departure) == "no"
    assert judge(requirement(), departure, 1) == Result(
        requirement(), Verdict.FAIL, "no", ("- a", "+ b"), (EXCHANGE,), 1
    )


def test_a_result_has_its_observation() -> None:
    result = judge(requirement(Level.OBSERVE), Passed("seen", (EXCHANGE,)), 1)
    assert (result.message, result.shown_by) == ("seen", (EXCHANGE,))


def test_a_result_names_the_missing_evidence() -> None:
    result = judge(requirement(), Inconclusive("no image: add one"), 1)
    assert (result.message, result.shown_by) == ("no image: add one", ())


def results(*verdicts: Verdict) -> list[Result]:
    return [Result(requirement(), verdict) for verdict in verdicts]


def test_a_summary_includes_verdicts_with_a_count_of_zero() -> None:
    assert summary(results(Verdict.PASS, Verdict.WARN, Verdict.PASS)) == {
        Verdict.PASS: 2,
        Verdict.FAIL: 0,
        Verdict.WARN: 1,
        Verdict.OBSERVE: 0,
        Verdict.INCONCLUSIVE: 0,
        Verdict.BLOCKED: 0,
    }


@pytest.mark.parametrize(
    ("verdict", "usually", "strictly"),
    [
        (Verdict.PASS, True, True),
        (Verdict.FAIL, False, False),
        (Verdict.WARN, True, False),
        (Verdict.OBSERVE, True, True),
        (Verdict.INCONCLUSIVE, True, True),
        (Verdict.BLOCKED, True, True),
    ],
)
def test_a_server_conforms_without_failures_or_strict_warnings(
    verdict: Verdict, *, usually: bool, strictly: bool
) -> None:
    found = results(Verdict.PASS, verdict)
    assert conforms(found) is usually
    assert conforms(found, strict=True) is strictly
