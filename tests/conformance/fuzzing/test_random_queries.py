from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest

from muster.fuzzing import random_queries
from muster.fuzzing.conditions import Trait
from muster.model.exchange import Exchange, Request, Response
from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.register.requirements import Level, requirements
from muster.register.verdict import Blocked, Departure, Inconclusive, Outcome, Passed
from muster.runner.liveness import PING, Watch
from muster.transport.transport import Transport
from tests.conformance.support.servers import PATIENCE, Answers, Holds, served
from tests.mutants.answers import NullForNothing, OldestFirst
from tests.mutants.conditions import (
    AnyLabelWillDo,
    DanglingTakesAnyWord,
    LabelKeyByPrefix,
    LabelKeyInAnyCase,
    LabelSplitsAtLastEquals,
)
from tests.mutants.stand_in import StandIn, asked, image

REGISTER = requirements()
ALL = Query(all=True).request()
COUNT = 256


class Recorded:
    """Records the requests to *server*."""

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.requests: list[Request] = []

    def send(self, request: Request) -> Exchange:
        self.requests.append(request)
        return self.server.send(request)

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]


def ask(
    server: Any, version: str = "1.23", *, seed: int = 0, count: int = COUNT, failed: Any = ()
) -> dict[str, Outcome]:
    at = ApiVersion.parse(version)
    outcomes, _ = random_queries.ask(server, version=at, seed=seed, count=count, failed=failed)
    return outcomes


def departures(outcomes: dict[str, Outcome]) -> dict[str, Departure]:
    return {name: each for name, each in outcomes.items() if isinstance(each, Departure)}


def the_only(outcomes: dict[str, Outcome]) -> tuple[str, Departure]:
    ((name, departure),) = departures(outcomes).items()
    return name, departure


def queries(departure: Departure) -> list[str]:
    return [asked(exchange.request) for exchange in departure.exchanges]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version", ["1.23", "1.25", "1.44"])
def test_a_correct_server_is_not_accused(seed: int, version: str) -> None:
    assert ask(StandIn(version), version, seed=seed) == {"LIST-QUERY": Passed()}


def test_the_seed_determines_the_random_queries() -> None:
    def targets(seed: int) -> list[str]:
        recorded = Recorded(StandIn())
        ask(recorded, seed=seed, count=64)
        return recorded.targets

    assert targets(1) == targets(1)
    assert targets(1) != targets(2)


def test_random_queries_only_read_and_are_sent_once() -> None:
    recorded = Recorded(StandIn())
    _, sent = random_queries.ask(recorded, version=ApiVersion(1, 23), seed=0, count=COUNT)
    assert sent == len(recorded.requests)
    assert {request.method for request in recorded.requests} == {"GET"}
    queried = [target for target in recorded.targets if target not in {ALL.target, PING.target}]
    assert len(queried) == len(set(queried)) > COUNT / 2


def test_the_count_sets_the_number_of_requests() -> None:
    counts = []
    for count in (1, 50, 500):
        recorded = Recorded(StandIn())
        ask(recorded, count=count)
        counts.append(len(recorded.requests))
    few, some, many = counts
    assert few < some < many


MUTANTS = [
    (LabelKeyByPrefix, "LIST-LABEL-KEY", r'(all=1&)?filters=\{"label":\["[^"=,]+"\]\}'),
    (LabelKeyInAnyCase, "LIST-LABEL-KEY", r'(all=1&)?filters=\{"label":\["[^"=,]+"\]\}'),
    (LabelSplitsAtLastEquals, "LIST-LABEL-VALUE", r'(all=1&)?filters=\{"label":\["eq=a=b=c"\]\}'),
    (AnyLabelWillDo, "LIST-LABEL-AND", r'(all=1&)?filters=\{"label":\["[^"]+","[^"]+"\]\}'),
    (DanglingTakesAnyWord, "LIST-DANGLING-VALUE", r'filters=\{"dangling":\["muster"\]\}'),
    (OldestFirst, "LIST-ORDER", ""),
    (NullForNothing, "LIST-EMPTY", r'filters=\{"label":\["[^"]+"\]\}|filter=.*'),
]


@pytest.mark.parametrize(("mutant", "requirement", "shortest"), MUTANTS)
def test_a_fault_is_one_finding_with_a_minimal_query(
    mutant: Callable[[], StandIn], requirement: str, shortest: str
) -> None:
    name, departure = the_only(ask(mutant()))
    assert name == requirement
    query = queries(departure)[-1]
    assert re.fullmatch(shortest, query), query


@pytest.mark.parametrize("seed", range(4))
def test_the_shortest_query_is_found_with_any_seed(seed: int) -> None:
    _, departure = the_only(ask(DanglingTakesAnyWord(), seed=seed))
    assert queries(departure) == ['filters={"dangling":["muster"]}']


def test_two_faults_are_two_findings() -> None:
    class Both(DanglingTakesAnyWord, LabelKeyByPrefix):
        pass

    assert departures(ask(Both())).keys() == {"LIST-DANGLING-VALUE", "LIST-LABEL-KEY"}


def test_known_faults_are_not_reported_again() -> None:
    failed = ["LIST-LABEL-KEY"]
    assert ask(LabelKeyByPrefix(), failed=failed) == {"LIST-QUERY": Passed()}


def test_a_finding_shows_the_full_listing_and_the_wrong_response() -> None:
    _, departure = the_only(ask(LabelKeyByPrefix()))
    everything, wrong = departure.exchanges
    assert everything.request == ALL
    assert departure.message == (
        f"GET {wrong.request.target} lists other images than the full listing implies"
    )
    assert departure.difference
    assert all(line.startswith(("- ", "+ ")) for line in departure.difference)


def test_an_accepted_invalid_query_is_shown_alone() -> None:
    _, departure = the_only(ask(DanglingTakesAnyWord()))
    (wrong,) = departure.exchanges
    assert wrong.response
    assert wrong.response.status == 200


class SpacesInJson(StandIn):
    """Reads no JSON with spaces in it."""

    def filters(self, text: str) -> dict[str, list[str]]:
        return super().filters("{" if re.search(r'[:,{\[]\s+"', text) else text)


def test_an_unattributed_fault_is_reported_as_list_query() -> None:
    name, departure = the_only(ask(SpacesInJson()))
    assert name == "LIST-QUERY"
    assert re.search(r'[:,{\[]\s+"', queries(departure)[-1])


def test_a_requirement_of_other_versions_is_not_reported() -> None:
    class NoBefore(StandIn):
        """Takes `before` for a mistake, which is one requirement from 1.24 on."""

        def time_of(self, name: str) -> int:
            return super().time_of("no such image")

    assert departures(ask(NoBefore("1.24"), "1.24")).keys() <= {"LIST-BEFORE", "LIST-SINCE"}
    assert ask(NoBefore("1.23"), "1.23") == {"LIST-QUERY": Passed()}


def test_a_fault_of_an_inapplicable_requirement_is_list_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # LIST-FILTER-NAME ends with 1.24; let the cause be named by it at 1.44 all the same.
    monkeypatch.setattr(random_queries, "requirement_for", lambda *_: "LIST-FILTER-NAME")
    name, _ = the_only(ask(LabelKeyByPrefix("1.44"), "1.44"))
    assert name == "LIST-QUERY"


@pytest.mark.parametrize("images", [[], None])
def test_random_queries_are_inconclusive_without_images(images: list[Any] | None) -> None:
    body = json.dumps(images).encode()
    server = Answers(Response(200, {"content-type": "application/json"}, body))
    outcomes = ask(server)
    assert isinstance(outcomes["LIST-QUERY"], Inconclusive)
    assert outcomes.keys() == {"LIST-QUERY"}


def test_fewer_queries_are_sent_to_a_server_with_many_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random_queries, "IMAGES", 100)
    recorded = Recorded(Holds(*(image(f"i{n}", n + 1) for n in range(50))))
    ask(recorded)
    assert len(recorded.requests) < random_queries.BATCH + 20


class Changing(LabelKeyByPrefix):
    """Gets another image now and then."""

    def __init__(self, every: int, until: int = 1_000_000) -> None:
        super().__init__()
        self.sent = 0
        self.every, self.until = every, until

    def send(self, request: Request) -> Exchange:
        self.sent += 1
        if self.sent % self.every == 0 and self.sent < self.until:
            self.images.append(image(f"new{self.sent}", 1_400_000_000 + self.sent))
        return super().send(request)


def test_a_server_with_constantly_changing_images_is_inconclusive() -> None:
    (outcome,) = ask(Changing(every=3)).values()
    assert isinstance(outcome, Inconclusive)
    assert str(outcome) == (
        "the images changed meanwhile, 3 times: check a server that is not in use"
    )


def test_a_server_whose_images_change_once_is_judged() -> None:
    name, _ = the_only(ask(Changing(every=30, until=31)))
    assert name == "LIST-LABEL-KEY"


def test_an_intermittently_wrong_query_is_a_repeatability_fault() -> None:
    class Forgets(StandIn):
        """Answers the same query otherwise the second time."""

        seen: set[str]

        def answer(self, request: Request) -> Response | None:
            self.seen = getattr(self, "seen", set())
            new = request.target not in self.seen
            self.seen.add(request.target)
            if new and "label" in asked(request):
                return self.json([])
            return super().answer(request)

    name, departure = the_only(ask(Forgets()))
    assert name == "LIST-REPEATABLE"
    assert departure.exchanges[-1].response


def test_a_crash_is_the_only_finding() -> None:
    class Dies(StandIn):
        dead = False

        def send(self, request: Request) -> Exchange:
            self.dead |= "filter=" in request.target
            return Exchange(request, None, "refused") if self.dead else super().send(request)

    watch = Watch(Dies(), pauses=[0])
    outcomes = ask(watch)
    assert watch.gone
    name, departure = the_only(outcomes)
    assert name == "LIST-QUERY"
    assert departure.message.startswith("the server has stopped responding since GET /images")


def test_a_crashed_server_gets_no_requests() -> None:
    watch = Watch(Answers(None), pauses=[0])
    watch.send(ALL)
    outcomes, sent = random_queries.ask(watch, version=ApiVersion(1, 23), seed=0, count=COUNT)
    assert sent == 0
    assert {type(outcome) for outcome in outcomes.values()} == {Blocked}


def test_a_dropped_connection_is_reported() -> None:
    class Drops(StandIn):
        def answer(self, request: Request) -> Response | None:
            return None if "dangling" in asked(request) else super().answer(request)

    name, departure = the_only(ask(Watch(Drops(), pauses=[0])))
    assert name == "FUZZ-ALIVE"
    assert queries(departure)[-1].endswith(('["true"]}', '["false"]}', '["muster"]}', "=true"))


def test_the_search_stops_after_many_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(StandIn):
        """Is wrong about everything, each time in another way."""

        def answer(self, request: Request) -> Response | None:
            if request == ALL:
                return super().answer(request)
            return self.json([])

    monkeypatch.setattr(random_queries, "MOST", 2)
    assert len(departures(ask(Wrong()))) == 2


def test_shrinking_is_limited_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    patient, impatient = Recorded(OldestFirst()), Recorded(OldestFirst())
    ask(patient, count=random_queries.BATCH)
    monkeypatch.setattr(random_queries, "SHRINKING_TIME", -1)
    assert departures(ask(impatient, count=random_queries.BATCH))
    assert len(impatient.requests) < len(patient.requests)


def test_an_unshrunk_query_is_marked_and_not_attributed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random_queries, "SHRINKING", 0)
    monkeypatch.setattr(random_queries, "LEAVING_OUT", 0)
    name, departure = the_only(ask(LabelKeyByPrefix(), count=random_queries.BATCH))
    assert name == "LIST-QUERY"
    assert departure.message.endswith("not be made shorter in time: parts of it may not matter")


def test_a_part_is_blamed_only_if_the_fault_disappears_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Only leaving out parts shortens the query, which has some irrelevant ones.
    monkeypatch.setattr(random_queries, "SHRINKING", 0)
    for seed in range(4):
        name, departure = the_only(ask(LabelKeyByPrefix(), seed=seed))
        assert name == "LIST-LABEL-KEY"
        assert re.fullmatch(r'(all=1&)?filters=\{"label":\["[^"]+"\]\}', queries(departure)[-1])


class NowAndThen(StandIn):
    """Gives the wrong answer to some labels every third time."""

    asked = 0

    def answer(self, request: Request) -> Response | None:
        if '"label"' in asked(request):
            self.asked += 1
            if self.asked % 3 == 0:
                return self.json([])
        return super().answer(request)


def test_an_intermittent_fault_is_reported_with_its_frequency() -> None:
    name, departure = the_only(ask(NowAndThen()))
    assert name == "LIST-REPEATABLE"
    assert re.match(r"in \d+ of \d+ tries with the same full listing: GET /", departure.message)


class MovesATag(StandIn):
    """Has a tag at another image while every fortieth request is answered, as others may do."""

    sent = 0

    def send(self, request: Request) -> Exchange:
        self.sent += 1
        if self.sent % 40:
            return super().send(request)
        first, second = (each for each in self.images if each["RepoTags"])
        first["RepoTags"], second["RepoTags"] = second["RepoTags"], first["RepoTags"]
        exchange = super().send(request)
        first["RepoTags"], second["RepoTags"] = second["RepoTags"], first["RepoTags"]
        return exchange


def test_a_tag_moved_by_others_is_not_a_fault() -> None:
    server = MovesATag()
    server.images = [image("a", 1, RepoTags=["a:1"]), image("b", 2, RepoTags=["b:1"])]
    assert departures(ask(server)) == {}


def test_batches_find_the_same_faults_as_single_requests() -> None:
    with (
        served(LabelKeyByPrefix()) as server,
        Transport(server.target, ApiVersion(1, 23), PATIENCE) as transport,
    ):
        name, departure = the_only(ask(transport))
    alone_name, alone = the_only(ask(LabelKeyByPrefix()))
    assert name == alone_name
    assert queries(departure) == queries(alone)


def test_a_fault_caused_only_by_a_batch_is_not_reported() -> None:
    with (
        served(StandIn()) as server,
        Transport(server.target, ApiVersion(1, 23), PATIENCE) as transport,
    ):
        drawing = random_queries._QuerySession(  # noqa: SLF001 - the pipeline is exchanged for one that lies
            Watch(transport), ApiVersion(1, 23), 0, random_queries.ReportedFaults()
        )
        honest, empty = drawing.pipeline.batch, Response(200, JSON, b"[]")

        def mixed_up(requests: Any) -> Any:
            for exchange in honest(requests):
                trusted = drawing.pipeline.enabled
                yield Exchange(exchange.request, empty) if trusted else exchange

        drawing.pipeline.batch = mixed_up  # type: ignore[method-assign]
        drawing.ask(96)
        assert drawing.found == {}
        assert not drawing.pipeline.enabled


JSON = {"content-type": "application/json"}


def test_every_requirement_of_random_queries_is_a_must() -> None:
    assert {REGISTER[name].level for name in random_queries.REQUIREMENTS} == {Level.MUST}


def test_known_and_unknown_parameters_are_requested() -> None:
    recorded = Recorded(StandIn())
    ask(recorded)
    names = {
        name
        for target in recorded.targets
        for name, _ in parse_qsl(target.partition("?")[2], keep_blank_values=True)
    }
    assert {"all", "filters", "filter", "digests", "only_ids", "ALL"} <= names


def test_near_misses_are_requested() -> None:
    recorded = Recorded(StandIn())
    ask(recorded, count=1000)
    text = unquote_plus(" ".join(recorded.targets))
    for part in ('"stag"', '"STAGE"', '="', "*"):
        assert part in text, part


def test_traits_have_distinct_descriptions() -> None:
    assert len({trait.value for trait in Trait}) == len(Trait)
