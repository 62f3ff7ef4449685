from __future__ import annotations

import dataclasses

import pytest

from muster.errors import UsageError
from muster.record import replay
from muster.record.record import Record
from muster.register.requirements import Need
from muster.register.verdict import Result, Verdict
from muster.reports.replay import render_replay
from muster.suite.results import Options
from muster.transport.target import Target
from tests.conformance.support.runs import (
    BLOCKED,
    FAILED,
    LACKING,
    MUST,
    PASSED,
    PLANTED,
    REGISTER,
    SEEN,
    TARGET,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

ELSEWHERE = Target("http", "elsewhere", 80)
ON_PLANTED = Result(PLANTED, Verdict.FAIL, "the labels are lost")
SIGNED = dataclasses.replace(LACKING, id="LIST-SIGNED", need=Need.SIGNED)
ASKED_AGAIN = Options(only=(MUST.id,))


def again(*results: Result, aborted_because: str = "", options: Options = ASKED_AGAIN) -> Record:
    return made(run(*results), aborted_because=aborted_because, options=options)


def test_the_recorded_options_are_reused() -> None:
    options = Options(max_examples=8, timeout=3.0, skip=("LIST-GOOD",))
    plan = replay.plan(made(run(FAILED, WARNED), options=options), MUST.id, ELSEWHERE, REGISTER)
    assert (plan.target, plan.chosen, plan.seed) == (ELSEWHERE, [MUST], 7)
    assert plan.options == Options(max_examples=8, timeout=3.0, only=(MUST.id,))


@pytest.mark.parametrize(
    ("results", "versions"),
    [
        ({"1.23": PASSED, "1.24": FAILED, "1.25": FAILED}, ["1.24", "1.25"]),
        ({"1.23": PASSED, "1.24": PASSED}, ["1.23", "1.24"]),
    ],
    ids=["departed", "met"],
)
def test_a_replay_checks_only_the_failing_versions(
    results: dict[str, Result], versions: list[str]
) -> None:
    record = made(*(at(version, run(result)) for version, result in results.items()))
    plan = replay.plan(record, MUST.id, TARGET, REGISTER)
    assert [str(version) for version in plan.versions] == versions


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NO", "there is no requirement NO"),
        ("LIST-GOOD", "the record has no result for LIST-GOOD"),
        (PLANTED.id, "needs fixture images: add --plant"),
        (SIGNED.id, "needs signed requests: add "),
    ],
)
def test_an_impossible_replay_is_reported(name: str, told: str) -> None:
    signed = Result(SIGNED, Verdict.FAIL, "nobody else is kept out")
    record = made(run(FAILED, ON_PLANTED, signed))
    with pytest.raises(UsageError, match=told):
        replay.plan(record, name, TARGET, {**REGISTER, SIGNED.id: SIGNED})


def test_findings_on_planted_images_can_be_replayed_with_plant() -> None:
    provided = frozenset({Need.PLANTED})
    plan = replay.plan(made(run(ON_PLANTED)), PLANTED.id, TARGET, REGISTER, provided)
    assert (plan.chosen, plan.options.plant, plan.provided) == ([PLANTED], True, provided)


@pytest.mark.parametrize(
    ("made_again", "status", "word"),
    [
        (again(FAILED), 1, "STILL FAILS"),
        (again(WARNED), 1, "STILL FAILS"),
        (again(FAILED, aborted_because="interrupted"), 1, "STILL FAILS"),
        (again(PASSED), 0, "MET NOW"),
        (again(SEEN), 0, "MET NOW"),
        (again(PASSED, aborted_because="interrupted"), 3, "NOT DECIDED"),
        (again(UNTRIED), 3, "NOT DECIDED"),
        (again(BLOCKED), 3, "NOT DECIDED"),
        (again(PASSED, UNTRIED), 3, "NOT DECIDED"),
        (again(), 3, "NOT DECIDED"),
    ],
)
def test_the_status_and_first_word_say_whether_it_still_fails(
    made_again: Record, status: int, word: str
) -> None:
    assert replay.status(made_again) == status
    told = render_replay(made(run(FAILED)), made_again).plain
    assert told.startswith(f"{word}: LIST-MUST at http://localhost:2375, API 1.23\n")
