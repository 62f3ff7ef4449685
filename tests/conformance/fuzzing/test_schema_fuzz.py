from __future__ import annotations

import sys
from urllib.parse import unquote

import pytest

import muster_openapi
from muster.fuzzing import ids, schema_fuzz
from muster.model.exchange import Exchange, Request, Response
from muster.register.verdict import Blocked, Departure, Inconclusive, Outcome, Passed
from muster.runner.liveness import PING, Watch
from tests.conformance.support.servers import Answers
from tests.mutants.requests import DropsTheConnection
from tests.mutants.stand_in import StandIn

DOCUMENT = muster_openapi.document("1.23")


class Recorded:
    """Records the requests to *server*."""

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.requests: list[Request] = []

    def send(self, request: Request) -> Exchange:
        self.requests.append(request)
        return self.server.send(request)


def fuzzed(
    server: StandIn, seed: int = 0, max_examples: int = 20
) -> tuple[dict[str, Outcome], list[Request]]:
    recorded = Recorded(server)
    outcomes, sent = schema_fuzz.fuzz(DOCUMENT, recorded, seed=seed, max_examples=max_examples)
    assert sent == len(recorded.requests)
    return outcomes, recorded.requests


def test_the_seed_determines_the_fuzzing_requests() -> None:
    # A different seed in between must not influence the draws.
    first, other, again = (fuzzed(StandIn(), seed)[1] for seed in (1, 2, 1))
    assert first == again
    assert first != other


def test_fuzzing_only_reads_the_listing() -> None:
    _, sent = fuzzed(StandIn(), max_examples=60)
    requests = [request for request in sent if request != PING]
    assert {request.method for request in requests} == {"GET"}
    assert {request.version for request in requests} == {None}
    assert {request.target.partition("?")[0] for request in requests} == {"/images/json"}


def test_each_request_is_followed_by_a_liveness_check() -> None:
    _, sent = fuzzed(StandIn())
    assert sent[1::2] == [PING] * (len(sent) // 2)
    assert PING not in sent[::2]


def test_requests_try_every_parameter_and_both_forms_of_filters() -> None:
    _, requests = fuzzed(StandIn(), max_examples=60)
    queries = [unquote(request.target.partition("?")[2]) for request in requests]
    for part in ("all=", "filter=", "filters=", '"label":[', '"label":{', '"dangling":'):
        assert any(part in query for query in queries), part


def test_more_examples_give_more_requests() -> None:
    few, many = (len(fuzzed(StandIn(), max_examples=count)[1]) for count in (1, 60))
    assert many >= few + 40


def test_a_correct_server_meets_every_fuzzing_requirement() -> None:
    outcomes, _ = fuzzed(StandIn())
    assert outcomes == dict.fromkeys(ids.REQUIREMENTS, Passed())


def test_a_fault_is_shown_by_the_shortest_request_that_has_it() -> None:
    outcomes, requests = fuzzed(DropsTheConnection())
    found = outcomes["FUZZ-ALIVE"]
    assert isinstance(found, Departure)
    assert found.message == "no answer came: the server closed the connection"
    faulty = [r.target for r in requests if "filter=" in unquote(r.target)]
    assert len(found.exchanges) == 1
    assert len(found.exchanges[0].request.target) == min(map(len, faulty))


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("response", "requirement", "told"),
    [
        (Response(999, JSON, b"[]"), "FUZZ-STATUS", "Undocumented status code"),
        (Response(200, {}, b"[]"), "FUZZ-MEDIA-TYPE", "Missing Content-Type"),
        (Response(200, {"content-type": ";"}, b"[]"), "FUZZ-MEDIA-TYPE", "Malformed media type"),
        (Response(200, JSON, b"[5]"), "FUZZ-SCHEMA", "Response violates schema"),
        (Response(200, JSON, b"[" * 100_000), "FUZZ-SCHEMA", "Content deserialization error"),
        (Response(200, JSON, b"\xff"), "FUZZ-SCHEMA", "Content deserialization error"),
        (Response(200, JSON, rb'["\ud800"]'), "FUZZ-SCHEMA", "JSON deserialization error"),
    ],
)
def test_a_fault_is_reported_under_one_requirement(
    response: Response | None, requirement: str, told: str
) -> None:
    outcomes, _ = fuzzed(Answers(response), max_examples=1)
    assert [name for name, outcome in outcomes.items() if outcome != Passed()] == [requirement]
    assert str(outcomes[requirement]).startswith(told)


def test_a_crash_is_one_finding_and_blocks_the_rest() -> None:
    watch = Watch(Answers(None), pauses=[0])
    outcomes, sent = schema_fuzz.fuzz(DOCUMENT, watch, seed=0, max_examples=20)
    alive = outcomes.pop(ids.ALIVE)
    assert isinstance(alive, Departure)
    assert alive.message.startswith("the server has stopped responding since GET /images/json")
    assert {type(outcome) for outcome in outcomes.values()} == {Blocked}
    assert sent == 3, "the request, twice, and whether the server lives"


def test_a_crashed_server_gets_no_requests() -> None:
    watch = Watch(Answers(None), pauses=[0])
    watch.send(Request("/images/json"))
    outcomes, sent = schema_fuzz.fuzz(DOCUMENT, watch, seed=0, max_examples=20)
    assert sent == 0
    assert str(outcomes.pop(ids.ALIVE)) == str(watch.departure())
    assert {str(outcome) for outcome in outcomes.values()} == {str(watch.blocked())}


def test_fuzzing_is_inconclusive_without_schemathesis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "muster.fuzzing.schemathesis", raising=False)
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    outcomes, sent = fuzzed(StandIn(), max_examples=1)
    assert sent == []
    assert outcomes.keys() == set(ids.REQUIREMENTS)
    assert {type(outcome) for outcome in outcomes.values()} == {Inconclusive}
    assert "pip install 'passmuster[fuzz]'" in str(outcomes[ids.STATUS])
