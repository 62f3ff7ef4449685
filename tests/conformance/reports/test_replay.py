from __future__ import annotations

import dataclasses

import pytest

from muster.record.record import Record
from muster.register.verdict import Result
from muster.reports.replay import render_replay
from muster.suite.results import Options
from tests.conformance.support.runs import FAILED, MUST, PASSED, UNTRIED, made, run

ASKED_AGAIN = Options(only=(MUST.id,))


def again(*results: Result, options: Options = ASKED_AGAIN) -> Record:
    return made(run(*results), options=options)


def test_a_replay_shows_departures_in_full_and_gaps_in_a_line() -> None:
    told = render_replay(made(run(FAILED)), again(FAILED, UNTRIED)).plain
    assert "\nFAIL LIST-MUST (MUST)\n" in told
    assert "\n  no image has a tag: tag one\n" in told


@pytest.mark.parametrize(("before", "after"), [(True, True), (True, False), (False, False)])
def test_a_replay_mentions_missing_planted_images(before: bool, after: bool) -> None:
    record = made(run(FAILED), options=Options(plant=before))
    told = render_replay(
        record, again(PASSED, options=dataclasses.replace(ASKED_AGAIN, plant=after))
    ).plain
    assert ("add --plant to load them again" in " ".join(told.split())) == (before and not after)
