from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.register.verdict import Blocked, Departure
from muster.runner.liveness import HANGS, PING, Watch, watched

FINE = Response(200, {}, b"[]")
ERROR = Response(500, {}, b"no")
LISTING = Request("/images/json")


class Scripted:
    """Answers as *answers* say, one after the other; at last always as the last one."""

    def __init__(self, *answers: Response | None, slow: Callable[[], object] = lambda: 0) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.slow = slow

    def send(self, request: Request) -> Exchange:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            self.slow()
        return Exchange(request, answer, "" if answer else "refused")


def watch(sender: Scripted) -> Watch:
    return Watch(sender, pauses=[0, 0.001])


def test_a_good_response_needs_no_liveness_check() -> None:
    sender = Scripted(FINE)
    assert watch(sender).send(LISTING) == Exchange(LISTING, FINE)
    assert sender.asked == [LISTING]


@pytest.mark.parametrize("bad", [None, ERROR])
def test_a_bad_response_is_followed_by_a_liveness_check(bad: Response | None) -> None:
    sender = Scripted(bad, ERROR)
    watching = watch(sender)
    assert watching.send(LISTING).response == bad
    assert sender.asked == [LISTING, LISTING, PING]
    assert not watching.gone, "an error is a sign of life"
    assert watching.sent == 3


@pytest.mark.parametrize("bad", [None, ERROR])
def test_a_failed_request_is_retried_and_counted(bad: Response | None) -> None:
    sender = Scripted(bad, FINE)
    watching = watch(sender)
    assert watching.send(LISTING).response == FINE
    assert sender.asked == [LISTING, LISTING]
    counted = [Exchange(LISTING, bad, "" if bad else "refused")]
    assert (watching.dropped, watching.failed) == ((counted, []) if bad is None else ([], counted))


def test_a_server_that_failed_by_chance_before_gets_more_tries() -> None:
    sender = Scripted(ERROR, FINE, ERROR, ERROR, ERROR, FINE)
    watching = watch(sender)
    assert watching.send(LISTING).response == FINE
    assert watching.send(LISTING).response == FINE
    assert sender.asked == [LISTING] * 6
    assert len(watching.failed) == 2


def test_a_change_is_never_retried() -> None:
    sender = Scripted(ERROR)
    change = Request("/images/x", "DELETE")
    assert watch(sender).send(change).response == ERROR
    assert sender.asked == [change, PING]


def test_a_hanging_request_is_not_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def hang() -> None:
        clock[0] += 30

    sender = Scripted(None, FINE, slow=hang)
    assert watch(sender).send(LISTING).response is None
    assert sender.asked == [LISTING, PING]


def test_a_hostile_request_is_always_followed_by_a_check() -> None:
    sender = Scripted(FINE)
    watch(sender).send_hostile(LISTING)
    assert sender.asked == [LISTING, PING]


def test_many_bad_responses_need_one_liveness_check() -> None:
    sender = Scripted(FINE)
    exchanges = [Exchange(Request(f"/{n}"), answer) for n, answer in enumerate([ERROR, FINE, None])]
    watch(sender).check_alive(exchanges)
    assert sender.asked == [PING]


def test_a_restarted_server_is_alive() -> None:
    sender = Scripted(None, None, None, FINE)
    watching = watch(sender)
    watching.send(LISTING)
    assert sender.asked == [LISTING, LISTING, PING, PING]
    assert not watching.gone


def test_a_server_that_stays_down_gets_no_more_requests() -> None:
    sender = Scripted(None)
    watching = watch(sender)
    watching.send_hostile(LISTING)
    assert watching.gone
    asked = len(sender.asked)
    assert watching.send(Request("/other")).error == "the server has stopped responding"
    assert watching.send_hostile(Request("/other")).response is None
    watching.check_alive([Exchange(LISTING, None)])
    assert len(sender.asked) == watching.sent == asked == 4


def test_the_finding_names_the_request_that_crashed_the_server() -> None:
    watching = watch(Scripted(FINE, None))
    watching.send(Request("/fine"))
    watching.send(LISTING)
    departure = watching.departure()
    assert isinstance(departure, Departure)
    assert departure.message == "the server has stopped responding since GET /images/json"
    assert [each.request for each in departure.exchanges] == [LISTING, PING]
    blocked = watching.blocked()
    assert isinstance(blocked, Blocked)
    assert str(blocked) == ("not tried: the server has stopped responding since GET /images/json")


def test_a_server_that_hangs_repeatedly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def hang() -> None:
        clock[0] += 30

    class HangsOnListings(Scripted):
        def send(self, request: Request) -> Exchange:
            if request == PING:
                return Exchange(request, FINE)
            return super().send(request)

    watching = watch(HangsOnListings(None, slow=hang))
    targets = [Request(f"/images/json?{n}") for n in range(HANGS + 2)]
    for request in targets:
        watching.send(request)
    assert watching.gone
    assert clock[0] == 30 * HANGS, "each takes as long as the timeout"
    assert watching.departure().message == (
        f"the server left {HANGS} requests hanging, GET /images/json?0 first"
    )
    assert [each.request for each in watching.departure().exchanges] == targets[:HANGS]


def test_a_hanging_server_gets_one_liveness_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def hang() -> None:
        clock[0] += 30

    sender = Scripted(None, slow=hang)
    watching = watch(sender)
    watching.send(LISTING)
    assert sender.asked == [LISTING, PING]
    assert watching.gone


def test_a_watched_sender_is_not_wrapped_twice() -> None:
    watching = watch(Scripted(FINE))
    assert watched(watching) is watching
    assert watched(Scripted(FINE)).sent == 0
