from __future__ import annotations

from itertools import count

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.model.query import ALL, PLAIN
from muster.runner import confirmation
from muster.runner.confirmation import CONFIRMED, ENOUGH, TRIES, ImageState, observe, recurrence
from muster.runner.liveness import Watch
from tests.mutants.stand_in import StandIn, image

LABEL = Request('/images/json?filters={"label":["stage"]}')
EMPTY = Response(200, {"content-type": "application/json"}, b"[]")


class Every(StandIn):
    """Returns an empty listing for every `n`-th request with a label."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n, self.turn = n, count(1)

    def answer(self, request: Request) -> Response | None:
        if request == LABEL and next(self.turn) % self.n == 0:
            return EMPTY
        return super().answer(request)


def again(server: StandIn, *requests: Request) -> confirmation.Recurrence:
    watch = Watch(server)
    exchanges = [watch.send(request) for request in requests]
    return recurrence(watch, observe(watch), exchanges)


def test_a_steady_departure_is_confirmed_in_a_few_tries() -> None:
    found = again(StandIn(), PLAIN, LABEL)
    assert (found.tries, found.came, found.unchanged, found.always) == (
        CONFIRMED,
        CONFIRMED,
        True,
        True,
    )


def test_the_frequency_of_an_intermittent_departure_is_counted() -> None:
    watch = Watch(Every(4))
    exchange = Exchange(LABEL, EMPTY)
    found = recurrence(watch, observe(watch), [exchange])
    assert (found.tries, found.came, found.always, found.sometimes) == (12, ENOUGH, False, True)
    assert found.chance == "4 of 13 tries"


def test_a_departure_that_never_recurs_is_tried_many_times() -> None:
    watch = Watch(StandIn())
    found = recurrence(watch, observe(watch), [Exchange(LABEL, EMPTY)])
    assert (found.tries, found.came, found.sometimes) == (TRIES, 0, False)


def test_images_that_change_before_a_try_end_the_confirmation() -> None:
    watch = Watch(StandIn())
    found = recurrence(watch, ImageState(EMPTY), [Exchange(LABEL, EMPTY)])
    assert (found.tries, found.unchanged) == (0, False)


def test_the_confirmation_ends_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "LONGEST", -1.0)
    watch = Watch(Every(2))
    found = recurrence(watch, observe(watch), [Exchange(LABEL, EMPTY)])
    assert (found.tries, found.came) == (CONFIRMED, 1)


def test_a_repeated_request_compares_its_responses() -> None:
    found = again(Every(2), LABEL, LABEL)
    assert found.always
    assert not again(StandIn(), LABEL, LABEL).came


def test_the_order_of_dates_is_part_of_a_response() -> None:
    class Turns(StandIn):
        turn = count()

        def answer(self, request: Request) -> Response | None:
            if request == PLAIN and next(self.turn) % 2:
                self.images.reverse()
            return super().answer(request)

    server = Turns()
    server.images = [image("a", 2, RepoTags=["a:1"]), image("b", 1, RepoTags=["b:1"])]
    watch = Watch(server)
    first = watch.send(PLAIN)
    assert first.response
    backwards = Response(200, first.response.headers, b"[]")
    found = recurrence(watch, observe(watch), [Exchange(PLAIN, backwards)])
    assert found.came == 0


def test_images_that_change_during_a_try_end_the_confirmation() -> None:
    class Grows(StandIn):
        def answer(self, request: Request) -> Response | None:
            if request == LABEL:
                self.images.append(image(f"new{len(self.images)}", 1))
            return super().answer(request)

    found = again(Grows(), LABEL)
    assert (found.tries, found.unchanged) == (0, False)


def test_a_crash_during_confirmation_is_not_a_change_of_images() -> None:
    class Dies(StandIn):
        sent = 0

        def send(self, request: Request) -> Exchange:
            self.sent += 1
            return super().send(request) if self.sent < 4 else Exchange(request, None, "gone")

    watch = Watch(Dies(), pauses=[0])
    found = recurrence(watch, observe(watch), [watch.send(LABEL)])
    assert (found.tries, found.unchanged) == (0, True)


def state(body: bytes, status: int = 200) -> ImageState:
    return ImageState(Response(status, {}, body))


def test_image_states_are_compared_regardless_of_order() -> None:
    one, two = b'{"Id":"a"}', b'{"Id":"b"}'
    assert state(b"[%s,%s]" % (one, two)) == state(b"[%s, %s]" % (two, one))
    assert state(b"[%s]" % one) != state(b"[%s]" % two)
    assert state(b"no", 500) == state(b"still no", 500)
    assert ImageState(None) == ImageState(None)
    assert ImageState(None) != state(b"[]")
    assert state(b"[]") != "[]"


def test_the_image_state_is_the_full_listing() -> None:
    server = StandIn()
    assert observe(server) == ImageState(server.send(ALL).response)
