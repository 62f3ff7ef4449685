from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.runner.liveness import PING, Watch
from muster.runner.pipeline import WINDOW, Pipeline
from muster.transport.config import TransportConfig
from muster.transport.rate_limit import RateLimiter
from muster.transport.target import Target
from muster.transport.transport import Transport
from tests.conformance.support.servers import (
    HANG,
    PATIENCE,
    RESET,
    VERSION,
    Served,
    Step,
    raw,
    scripted,
    served,
)
from tests.mutants.stand_in import StandIn

REQUESTS = [Request(f"/images/json?n={n}") for n in range(5)]
MANY = [Request(f"/images/json?n={n}&x={'x' * 400}") for n in range(3 * WINDOW // 400)]


@contextmanager
def pipeline(target: Target, timeout: float = PATIENCE) -> Iterator[Pipeline]:
    with Transport(target, VERSION, timeout) as transport:
        yield Pipeline(Watch(transport, pauses=[0]))


def bodies(exchanges: list[Exchange]) -> list[str]:
    return [each.response.text if each.response else each.error for each in exchanges]


def answers(*texts: str) -> list[Step]:
    return [raw(text.encode()) for text in texts]


def test_a_batch_uses_one_connection_and_keeps_its_order(tcp: Served) -> None:
    del tcp.seen[:]
    with pipeline(tcp.target) as batched:
        exchanges = list(batched.batch(MANY))
    assert [each.request for each in exchanges] == MANY
    assert {each.response.status for each in exchanges if each.response} == {200}
    assert len(tcp.seen) == len(MANY) == batched.watch.sent
    assert batched.enabled


def test_requests_do_not_wait_for_responses() -> None:
    script = [raw(b"1") + raw(b"2") + raw(b"3")]
    with scripted(script) as server, pipeline(server.target) as batched:
        exchanges = list(batched.batch(REQUESTS[:3]))
    assert bodies(exchanges) == ["1", "2", "3"]
    assert len(server.heads[0]) == 1, "the script has read one request before it answered three"


def test_responses_are_yielded_as_they_arrive() -> None:
    with scripted([raw(b"1"), raw(b"2"), HANG]) as server, pipeline(server.target) as batched:
        batch = batched.batch(REQUESTS[:3])
        assert bodies(list(itertools.islice(batch, 2))) == ["1", "2"]
        batch.close()


def test_without_a_transport_requests_are_sent_one_by_one() -> None:
    alone = Pipeline(Watch(StandIn()))
    assert not alone.enabled
    exchanges = list(alone.batch(REQUESTS))
    assert [each.request for each in exchanges] == REQUESTS
    assert alone.watch.sent == len(REQUESTS)


def test_rate_limited_requests_are_sent_one_by_one(tcp: Served) -> None:
    with Transport(
        tcp.target, VERSION, PATIENCE, config=TransportConfig(rate_limiter=RateLimiter(1000))
    ) as transport:
        assert not Pipeline(Watch(transport)).enabled


def test_a_disabled_pipeline_sends_requests_one_by_one() -> None:
    with scripted(answers("1", "2")) as server, pipeline(server.target) as batched:
        batched.disable()
        assert not batched.enabled
        assert bodies(list(batched.batch(REQUESTS[:2]))) == ["1", "2"]


CLOSES = [raw(b"1", headers="Connection: close\r\n")]


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (CLOSES, "23"),
        ([raw(b"1"), RESET], "23"),
        ([raw(b"1") + b"no HTTP\r\n\r\n"], "23"),
        ([raw(b"1") + raw(b"2", headers="", status="429 Slow\r\nRetry-After: 0")], "23"),
        ([], "123"),
    ],
)
def test_the_rest_of_a_failed_batch_is_resent_one_by_one(first: list[Step], rest: str) -> None:
    with scripted(first, answers(*rest)) as server, pipeline(server.target) as batched:
        exchanges = list(batched.batch(REQUESTS[:3]))
    assert bodies(exchanges) == ["1", "2", "3"]
    assert not batched.enabled
    assert [each.split(" ")[1][-3:] for each in server.heads[1]] == [
        f"n={int(n) - 1}" for n in rest
    ]


def test_the_rest_of_a_hanging_batch_is_resent_one_by_one() -> None:
    script = [raw(b"1"), HANG], answers("2", "3")
    with scripted(*script) as server, pipeline(server.target, timeout=0.3) as batched:
        exchanges = list(batched.batch(REQUESTS[:3]))
    assert bodies(exchanges) == ["1", "2", "3"]


def test_a_refused_connection_is_reported_for_each_request() -> None:
    with served(StandIn()) as server:
        target = server.target
    with pipeline(target) as batched:
        exchanges = list(batched.batch(REQUESTS))
        assert {each.response for each in exchanges} == {None}
        assert batched.watch.gone
        assert [each.response for each in batched.batch(REQUESTS[:1])] == [None]


def test_a_batch_with_an_error_is_followed_by_a_liveness_check() -> None:
    class Refuses(StandIn):
        def answer(self, request: Request) -> Response | None:
            if request.target.endswith("n=1"):
                return self.error(500, "no")
            return super().answer(request)

    with served(Refuses()) as server, pipeline(server.target) as batched:
        list(batched.batch(REQUESTS))
        assert [line for line in server.seen if PING.target in line] == server.seen[-1:]
        assert batched.watch.sent == len(REQUESTS) + 1


def test_an_empty_batch_opens_no_connection() -> None:
    with served(StandIn()) as server:
        target = server.target
    with pipeline(target) as batched:
        assert list(batched.batch([])) == []
        assert batched.enabled
