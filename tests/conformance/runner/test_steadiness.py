from __future__ import annotations

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.register.verdict import Departure, Passed
from muster.runner.liveness import Watch
from muster.runner.steadiness import DROPPED, ENOUGH, REPEATABLE, outcomes

LISTING = Request("/images/json")
CLOSED = "{} kept connections were closed between two requests"
FAILED = Exchange(LISTING, Response(503, {}, b""))


class Sender:
    """Answers nothing; *reopened* is how often its connection was closed."""

    def __init__(self, reopened: int = 0) -> None:
        self.reopened = reopened

    def send(self, request: Request) -> Exchange:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("dropped", "reopened", "told"),
    [
        (0, 0, "every request got an answer at once"),
        (2, 0, "2 of 9 requests got no answer until sent again"),
        (0, 3, CLOSED.format(3)),
        (
            1,
            1,
            "1 of 9 requests got no answer until sent again and " + CLOSED.format(1),
        ),
    ],
)
def test_it_says_how_many_requests_were_dropped(dropped: int, reopened: int, told: str) -> None:
    watch = Watch(Sender(reopened))
    watch.sent = 9
    watch.dropped += [Exchange(LISTING, None, "closed")] * dropped
    found = outcomes(watch)
    assert found == {DROPPED: Passed(told, tuple(watch.dropped[:1]))}


def test_failures_that_come_and_go_break_a_rule_if_there_are_several() -> None:
    watch = Watch(Sender())
    watch.sent = 50
    watch.failed += [FAILED] * (ENOUGH - 1)
    assert REPEATABLE not in outcomes(watch)
    watch.failed.append(FAILED)
    departure = outcomes(watch)[REPEATABLE]
    assert isinstance(departure, Departure)
    assert departure.message == (
        "3 of 50 requests were answered with a status of 500 or more, and not when they were sent "
        "again: first GET /images/json with 503"
    )
    assert departure.exchanges == (FAILED,)
