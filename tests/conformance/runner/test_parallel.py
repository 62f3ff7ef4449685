from __future__ import annotations

import threading

from muster.model.exchange import Exchange, Request, Response
from muster.runner.parallel import send_parallel
from muster.transport.transport import Transport
from tests.conformance.support.servers import PATIENCE, VERSION, Served, served
from tests.mutants.stand_in import StandIn

LISTING = Request("/images/json")


class Notes(StandIn):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def send(self, request: Request) -> Exchange:
        self.seen.append(request.target)
        return super().send(request)


def targets(exchanges: tuple[tuple[Exchange, ...], ...]) -> list[list[str]]:
    return [[exchange.request.target for exchange in each] for each in exchanges]


def test_sequences_are_interleaved_without_connections() -> None:
    server = Notes()
    sequences = [[Request("/a1"), Request("/a2"), Request("/a3")], [Request("/b1")]]
    assert targets(send_parallel(server, sequences)) == [["/a1", "/a2", "/a3"], ["/b1"]]
    assert server.seen == ["/a1", "/b1", "/a2", "/a3"]


def test_no_sequences_send_no_requests(tcp: Served) -> None:
    assert send_parallel(Notes(), []) == ()
    with Transport(tcp.target, VERSION) as transport:
        assert send_parallel(transport, []) == ()


def test_sequences_are_sent_concurrently_over_separate_connections() -> None:
    class Meets(StandIn):
        """Answers only once two requests have arrived."""

        both = threading.Barrier(2)

        def answer(self, request: Request) -> Response | None:
            self.both.wait(PATIENCE)
            return super().answer(request)

    with served(Meets()) as server, Transport(server.target, VERSION) as transport:
        exchanges = send_parallel(transport, [[LISTING] * 3, [LISTING] * 3])
        statuses = [[e.response and e.response.status for e in each] for each in exchanges]
        assert statuses == [[200] * 3] * 2
        assert transport.sent == 6


def test_connections_take_turns_on_request() -> None:
    server = Notes()
    one, other = [Request("/images/a/json")] * 2, [Request("/images/b/json")]
    with served(server) as there, Transport(there.target, VERSION) as transport:
        exchanges = send_parallel(transport, [one, other], by_turns=True)
        assert transport.sent == 3
    assert targets(exchanges) == [["/images/a/json"] * 2, ["/images/b/json"]]
    asked = [line.split()[1].rpartition("images/")[2] for line in there.seen]
    assert asked == ["a/json", "b/json", "a/json"]
