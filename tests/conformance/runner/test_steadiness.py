from __future__ import annotations

import json

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.model.query import ALL
from muster.register.verdict import Departure, Passed
from muster.runner.liveness import Watch
from muster.runner.steadiness import DROPPED, ENOUGH, REPEATABLE, outcomes

LISTING = Request("/images/json")
CLOSED = "{} kept connections were closed between two requests"
FAILED = Exchange(LISTING, Response(503, {}, b""))


class Sender:
    """Answers nothing; *reopened* counts the closed connections."""

    def __init__(self, reopened: int = 0) -> None:
        self.reopened = reopened

    def send(self, request: Request) -> Exchange:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("dropped", "reopened", "told"),
    [
        (0, 0, "every request got a response at the first attempt"),
        (2, 0, "2 of 9 requests got no answer until sent again"),
        (0, 3, CLOSED.format(3)),
        (
            1,
            1,
            "1 of 9 requests got no answer until sent again and " + CLOSED.format(1),
        ),
    ],
)
def test_dropped_requests_are_counted(dropped: int, reopened: int, told: str) -> None:
    watch = Watch(Sender(reopened))
    watch.sent = 9
    watch.dropped += [Exchange(LISTING, None, "closed")] * dropped
    found = outcomes(watch)
    assert found == {DROPPED: Passed(told, tuple(watch.dropped[:1]))}


def test_several_intermittent_failures_break_repeatability() -> None:
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


def listed(**members: object) -> Exchange:
    image = {"Id": "sha256:" + "a" * 64, **members}
    return Exchange(ALL, Response(200, {}, json.dumps([image]).encode()))


def told(*full: Exchange) -> object:
    watch = Watch(Sender())
    watch.full += full
    return outcomes(watch).get(REPEATABLE)


def test_an_image_that_differs_at_the_end_was_altered_by_reads() -> None:
    departure = told(listed(Created=1, Labels={"a": "b"}), listed(Created=2, Labels=None))
    assert isinstance(departure, Departure)
    assert departure.message.endswith("reads altered them")
    assert len(departure.difference) == 4


@pytest.mark.parametrize(
    "last",
    [
        listed(Created=1, RepoTags=["given:1"]),
        Exchange(ALL, Response(200, {}, b"[]")),
        Exchange(ALL, Response(200, {}, b"{}")),
    ],
)
def test_members_that_clients_can_change_may_differ(last: Exchange) -> None:
    assert told(listed(Created=1), last) is None


def test_an_index_may_have_got_another_platform() -> None:
    digests = ["x@sha256:" + "a" * 64]
    first, last = (listed(Created=n, RepoDigests=digests) for n in (1, 2))
    assert told(first, last) is None


def test_one_full_listing_has_nothing_to_compare_with() -> None:
    assert told(listed(Created=1)) is None
