from __future__ import annotations

import re
from collections.abc import Container
from random import Random

import pytest

from muster.checks.check import CHECKS, Batch, Context, Recall, Steps
from muster.model.exchange import Exchange, Request, Response, Sender
from muster.model.query import ALL, PLAIN
from muster.model.version import FIRST
from muster.planting.docker_archive import build
from muster.planting.state import PlantedState
from muster.register.requirements import Requirement, requirements
from muster.register.verdict import Departure, Inconclusive, Passed, Result, Verdict
from muster.runner import runner
from muster.runner.confirmation import CONFIRMED, Recurrence
from muster.runner.context import RunContext
from muster.runner.liveness import Watch, watched
from muster.runner.pipeline import Pipeline
from muster.transport.transport import Transport
from tests.conformance.support.servers import PATIENCE, Answers, served
from tests.mutants.answers import OldestFirst
from tests.mutants.stand_in import StandIn, image

REGISTER = requirements()
SEED = [name for name in CHECKS if REGISTER[name].holds_at(FIRST) and REGISTER[name].need is None]
CONTEXT = Context(Random(0), 1, {})  # noqa: S311 - no secret


class Changing(StandIn):
    """Gets another image before each of the requests whose numbers are in `changes`."""

    def __init__(self, changes: range) -> None:
        super().__init__()
        self.changes = changes
        self.sent = 0

    def send(self, request: Request) -> Exchange:
        self.sent += 1
        if self.sent in self.changes:
            name = f"new{self.sent}"
            self.images.append(
                image(name, 1_500_000_000 + self.sent, RepoTags=[f"{name}:1"], Labels={"k": name})
            )
        return super().send(request)


def run(server: Sender, *names: str) -> list[Result]:
    chosen = [REGISTER[name] for name in names]
    return list(runner.run(chosen, RunContext(watched(server), max_examples=16)))


def test_a_partly_consumed_batch_is_closed() -> None:
    batches = []

    def steps() -> Steps[Exchange]:
        batch = yield Batch((Request("/images/json"), Request("/images/json?all=1")))
        batches.append(batch)
        return next(batch)

    exchange = runner.drive(steps(), Pipeline(Watch(StandIn())))
    assert exchange.request == Request("/images/json")
    assert list(batches[0]) == []


def test_a_server_with_constantly_changing_images_is_inconclusive() -> None:
    server = Changing(range(1, 1_000_000))
    (result,) = run(server, "LIST-REPEATABLE")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == (
        "the images changed during the check, 3 times: check a server that is not in use"
    )
    assert result.requests == server.sent


def test_a_server_with_constantly_changing_images_is_never_accused() -> None:
    results = run(Changing(range(1, 1_000_000)), *SEED)
    assert {r.requirement.id for r in results if r.verdict in {Verdict.FAIL, Verdict.WARN}} == set()
    assert {Verdict.PASS, Verdict.INCONCLUSIVE} < {r.verdict for r in results}


def test_a_check_is_repeated_if_the_images_changed() -> None:
    server = Changing(range(4, 5))
    (result,) = run(server, "LIST-REPEATABLE")
    assert result.verdict is Verdict.PASS
    assert result.requests == server.sent


def test_a_departure_on_an_unchanged_server_counts_immediately() -> None:
    class Counted(OldestFirst):
        sent = 0

        def send(self, request: Request) -> Exchange:
            self.sent += 1
            return super().send(request)

    server = Counted()
    (result,) = run(server, "LIST-ORDER")
    assert result.verdict is Verdict.FAIL
    assert "was created after" in result.message
    # The full listing, the plain one, which shows the fault, and the full one; then the plain
    # listing three times again, each between two full ones.
    assert result.requests == server.sent == 3 + 3 * CONFIRMED


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (None, "the server has stopped responding since GET /images/json?all=1"),
        (Response(503, {}, b"down"), "GET /images/json: the answer has status 503: down"),
    ],
)
def test_a_server_without_a_readable_state_is_still_judged(
    response: Response | None, message: str
) -> None:
    (result,) = run(Answers(response), "LIST-ANSWER")
    assert (result.verdict, result.message) == (Verdict.FAIL, message)


def test_results_are_in_order_and_preceded_by_progress() -> None:
    told: list[Requirement] = []
    chosen = [REGISTER[name] for name in ("HTTP-HEAD", "LIST-ANSWER")]
    context = RunContext(Watch(StandIn()), max_examples=16, progress=told.append)
    results = list(runner.run(chosen, context))
    assert [result.requirement for result in results] == told == chosen


def asked(seed: int, *names: str) -> list[str]:
    """Return the queries of the last of *names*, when all these checks run in turn."""
    targets: list[str] = []

    class Recorded(StandIn):
        def answer(self, request: Request) -> Response | None:
            targets.append(request.target)
            return super().answer(request)

    server = Recorded()
    # Before the first check the state of the images is looked at besides.
    chosen = [REGISTER[name] for name in ("LIST-ANSWER", *names)]
    context = RunContext(Watch(server), seed=seed, max_examples=8)
    counts = [r.requests for r in runner.run(chosen, context)]
    return [target for target in targets[-counts[-1] :] if "filters" in target]


def test_requests_depend_on_the_seed_and_not_on_other_checks() -> None:
    assert asked(1, "LIST-LABEL-VALUE") == asked(1, "LIST-LABEL-KEY", "LIST-LABEL-VALUE")
    assert asked(1, "LIST-LABEL-VALUE") != asked(2, "LIST-LABEL-VALUE")


def test_a_check_receives_responses_until_it_ends() -> None:
    # Requests that succeed: an error would trigger a liveness check.
    requests = [Request("/images/json?a"), Request("/images/json?b")]

    def check(_: Context) -> Steps[Passed]:
        first = yield requests[0]
        second = yield requests[1]
        raise Inconclusive(f"{first.request.target} {second.request.target}")

    watch = Watch(StandIn())
    outcome = runner.perform(check, CONTEXT, Pipeline(watch))
    assert str(outcome) == "/images/json?a /images/json?b"
    assert watch.sent == 2


def test_images_changed_before_a_check_do_not_affect_it() -> None:
    class Grows(OldestFirst):
        """Gets an image behind the first check."""

        def send(self, request: Request) -> Exchange:
            if request.target == "/images/json/":
                self.images.append(image("new", 1_500_000_000, RepoTags=["new:1"]))
            return super().send(request)

    slash, order = run(Grows(), "HTTP-TRAILING-SLASH", "LIST-ORDER")
    assert slash.verdict is Verdict.PASS
    assert order.verdict is Verdict.FAIL
    # The state, which is not that of the beginning, and once more the check and the state.
    assert order.requests == 4 + 3 * CONFIRMED


def test_the_image_state_is_read_once_without_departures() -> None:
    first, second = run(StandIn(), "LIST-ANSWER", "LIST-ANSWER")
    assert first.requests == second.requests + 1


def test_later_checks_are_blocked_after_a_crash() -> None:
    class Dies(StandIn):
        dead = False

        def send(self, request: Request) -> Exchange:
            self.dead |= request.method == "HEAD"
            return Exchange(request, None, "refused") if self.dead else super().send(request)

    order, head, later = run(Dies(), "LIST-ORDER", "HTTP-HEAD", "LIST-ORDER")
    assert order.verdict is Verdict.PASS
    # Observations do not fail; FUZZ-ALIVE reports the crash.
    assert (head.verdict, later.verdict) == (Verdict.BLOCKED, Verdict.BLOCKED)
    assert later.message == ("not tried: the server has stopped responding since HEAD /images/json")
    assert later.requests == 0


def test_a_crash_during_a_check_is_a_finding() -> None:
    class Dies(StandIn):
        dead = False

        def send(self, request: Request) -> Exchange:
            self.dead |= "%22%23" in request.target or "dangling" in request.target
            return Exchange(request, None, "refused") if self.dead else super().send(request)

    (result,) = run(Dies(), "LIST-DANGLING-VALUE")
    assert result.verdict is Verdict.FAIL
    assert result.message.startswith("the server has stopped responding since GET /images/json?")
    assert [each.response for each in result.shown_by] == [None, None]


class Flickers(StandIn):
    """Lists a foreign image in the plain listing, when the number of the request is in `wrong`."""

    def __init__(self, wrong: Container[int]) -> None:
        super().__init__()
        self.wrong, self.asked = wrong, 0

    def answer(self, request: Request) -> Response | None:
        response = super().answer(request)
        if request != PLAIN or response is None:
            return response
        self.asked += 1
        return self.json([image("other", 1)]) if self.asked in self.wrong else response


def test_an_intermittent_departure_breaks_repeatability() -> None:
    results = run(Flickers(range(1, 1000, 2)), "LIST-ALL-ADDS", "LIST-REPEATABLE")
    adds, _, repeatable = results
    assert adds.verdict is Verdict.INCONCLUSIVE
    assert adds.message.startswith("departed from in 4 of 7 tries with the same full listing: ")
    assert adds.message.endswith("(see LIST-REPEATABLE)")
    assert repeatable.requirement.id == "LIST-REPEATABLE"
    assert repeatable.verdict is Verdict.FAIL
    assert "LIST-ALL-ADDS is departed from in 4 of 7 tries" in repeatable.message


def test_the_repeatability_finding_names_the_frequency() -> None:
    (result,) = {r.message: r for r in run(Flickers(range(1, 1000, 5)), "LIST-REPEATABLE")}.values()
    assert result.verdict is Verdict.FAIL
    assert re.match(
        r"In \d+ of \d+ tries with the same full listing: the same request", result.message
    )


def test_a_departure_seen_once_is_not_reported() -> None:
    (result,) = run(Flickers({1}), "LIST-ALL-ADDS")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("departed from in 1 of 61 tries: the images may have")


def test_single_departures_in_several_checks_are_reported() -> None:
    once_in_each_check = {1, 62, 123}
    names = ["LIST-ALL-ADDS"] * 3
    results = run(Flickers(once_in_each_check), *names, "LIST-REPEATABLE")
    assert [r.verdict for r in results[:3]] == [Verdict.INCONCLUSIVE] * 3
    assert results[-1].verdict is Verdict.FAIL


def listings(*names: str, server: StandIn | None = None) -> list[str]:
    """Return the requests for the full listing that checks of *names* send."""
    watch = Watch(Recorded(server or StandIn()))
    list(runner.run([REGISTER[name] for name in names], RunContext(watch, max_examples=4)))
    assert isinstance(watch.sender, Recorded)
    return [request.target for request in watch.sender.requests if request == ALL]


class Recorded:
    """Keeps the requests that *server* gets."""

    def __init__(self, server: StandIn) -> None:
        self.server, self.requests = server, list[Request]()

    def send(self, request: Request) -> Exchange:
        self.requests.append(request)
        return self.server.send(request)


def test_checks_share_one_full_listing() -> None:
    once = listings("LIST-LABEL-KEY")
    many = listings("LIST-LABEL-KEY", "LIST-LABEL-VALUE", "LIST-DANGLING-TRUE")
    assert len(many) == len(once)


def test_steps_without_a_cache_send_each_request() -> None:
    def twice() -> Steps[Exchange]:
        yield Recall(ALL)
        return (yield Recall(ALL))

    watch = Watch(StandIn())
    assert runner.drive(twice(), Pipeline(watch)).request == ALL
    assert watch.sent == 2


def test_a_response_that_is_not_a_listing_is_not_cached() -> None:
    server = Recorded(Answers(Response(500, {}, b"")))
    names = ("LIST-LABEL-KEY", "LIST-LABEL-VALUE")
    list(runner.run([REGISTER[name] for name in names], RunContext(Watch(server))))
    assert len([request for request in server.requests if request == ALL]) > len(names)


PLANTED = build("ours").images


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("- RepoTags of a: [muster.test/ours/tagged:1]", False),
        ("- RepoTags of a: [muster.test/ours/tagged:1, muster.test/0badc0de/tagged:1]", True),
        ("- Size of a: 1", False),
    ],
)
def test_differences_in_images_of_another_run_are_recognized(line: str, others: bool) -> None:
    departure = Departure("more changed than was asked for", (), ["+ b", line])
    assert runner.shows_other_runs(departure, PLANTED) is others


@pytest.mark.parametrize("moves", [True, False])
def test_changes_by_others_do_not_fail_checks_of_planted_images(
    moves: bool,
) -> None:
    class Busy(StandIn):
        """Lists no planted image, and other images that keep changing."""

        asked = 0

        def answer(self, request: Request) -> Response | None:
            if request.target == ALL.target and moves:
                self.asked += 1
                self.images = [image(f"new{self.asked}", 1)]
            return super().answer(request)

    with served(Busy()) as server, Transport(server.target, FIRST, PATIENCE) as transport:
        context = RunContext(Watch(transport), planted=PlantedState(PLANTED))
        (result,) = runner.run([REGISTER["PLANT-LISTED"]], context)
    assert result.verdict is (Verdict.INCONCLUSIVE if moves else Verdict.FAIL)
    assert ("others changed images" in result.message) is moves


def test_a_departure_is_retried_if_the_images_change_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = Recurrence(0, 0, unchanged=False)
    monkeypatch.setattr(runner, "recurrence", lambda *_: changed)
    (result,) = run(OldestFirst(), "LIST-ORDER")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("the images changed during the check, 3 times")


def test_a_departure_without_exchanges_cannot_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def departs(_: Context) -> Steps[Passed]:
        yield PLAIN
        raise Departure("wrong")

    monkeypatch.setitem(CHECKS, "LIST-ORDER", departs)
    (result,) = run(StandIn(), "LIST-ORDER")
    assert (result.verdict, result.message) == (Verdict.FAIL, "wrong")


class MixesUp(StandIn):
    """Returns an empty listing after a body on the same connection: once, or always."""

    def __init__(self, *, once: bool) -> None:
        super().__init__()
        self.once, self.bodies, self.behind = once, 0, False

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if self.behind and (self.bodies <= 2 or not self.once):
            answer = self.json([])
        self.behind = bool(request.body)
        self.bodies += self.behind
        return answer


def test_a_connection_fault_seen_once_is_not_reported() -> None:
    (result,) = run(MixesUp(once=True), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "departed from once, and not in 3 further tries"


def test_a_repeated_connection_fault_is_reported() -> None:
    (result,) = run(MixesUp(once=False), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.FAIL


class ChangesWhenRepeated(MixesUp):
    """Changes an image each time that the check, which departs at its second body, is repeated."""

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if self.behind and self.bodies % 4 == 0:
            self.images[0]["Size"] += 1
        return answer


def test_changing_images_make_a_repeated_check_inconclusive() -> None:
    (result,) = run(ChangesWhenRepeated(once=False), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("the images changed during the check, 3 times")
