from __future__ import annotations

from dataclasses import replace

import pytest

from muster.errors import Unreachable
from muster.model.exchange import Request, Response
from muster.planting.state import PlantedState
from muster.register.requirements import Need, Requirement, requirements
from muster.register.verdict import (
    Blocked,
    Inconclusive,
    Result,
    Verdict,
)
from muster.runner.liveness import Watch
from muster.suite import effort, suite
from muster.suite.ledger import Ledger
from muster.suite.plan import Plan
from muster.suite.results import Options
from muster.suite.suite import run_suite
from muster.transport.transport import Transport
from tests.conformance.support.runs import TARGET
from tests.conformance.support.servers import PATIENCE, VERSION, Answers, Served, served
from tests.mutants.answers import SendsText, SizeIsMinusOne
from tests.mutants.stand_in import StandIn

REGISTER = requirements()


def plan(*names: str, max_examples: int = 1) -> Plan:
    chosen = [REGISTER[name] for name in names]
    return Plan(TARGET, [VERSION], chosen, options=Options(max_examples=max_examples))


def test_a_run_has_results_in_the_requested_order(tcp: Served) -> None:
    names = ["FUZZ-STATUS", "LIST-ANSWER", "FUZZ-ALIVE", "HTTP-HEAD"]
    told: list[Requirement] = []
    before = len(tcp.seen)
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = run_suite(
            replace(plan(*names), seed=7, server={"Name": "E"}, strict=True),
            transport,
            progress=told.append,
        )
    assert [result.requirement.id for result in run.results] == names
    assert [requirement.id for requirement in told] == ["LIST-ANSWER", "HTTP-HEAD", "FUZZ-STATUS"]
    assert run.requests == len(tcp.seen) - before
    assert run.server == {"Name": "E"}
    assert (run.target, run.version, run.seed, run.strict) == (tcp.target, VERSION, 7, True)
    assert run.seconds > 0
    assert run.of(Verdict.PASS) == [run.results[0], run.results[1], run.results[2]]
    assert run.of(Verdict.OBSERVE) == [run.results[3]]
    assert run.of(Verdict.FAIL) == []


def test_fuzzing_runs_only_if_selected(tcp: Served) -> None:
    before = len(tcp.seen)
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = run_suite(plan("HTTP-HEAD", max_examples=100), transport)
    assert len(tcp.seen) - before == run.requests < 10


def test_a_server_that_never_responds_is_not_judged() -> None:
    with (
        served(Answers(None)) as server,
        Transport(server.target, VERSION, PATIENCE) as transport,
        pytest.raises(Unreachable),
    ):
        run_suite(plan("LIST-ANSWER"), transport)


@pytest.mark.parametrize(
    ("fuzzed", "told_by", "server"),
    [
        ("FUZZ-SCHEMA", "LIST-SCHEMA", SizeIsMinusOne()),
        ("FUZZ-MEDIA-TYPE", "LIST-ANSWER", SendsText()),
    ],
)
def test_fuzzing_does_not_repeat_findings_of_checks(
    fuzzed: str, told_by: str, server: StandIn
) -> None:
    with served(server) as there, Transport(there.target, VERSION, PATIENCE) as transport:

        def verdicts(*names: str) -> list[Verdict]:
            run = run_suite(plan(*names), transport)
            return [result.verdict for result in run.results]

        assert verdicts(fuzzed) == [Verdict.FAIL]
        assert verdicts(told_by, fuzzed) == [Verdict.FAIL, Verdict.INCONCLUSIVE]


class Dies(StandIn):
    """Stops responding after a request with an invalid boolean."""

    dead = False

    def answer(self, request: Request) -> Response | None:
        self.dead |= "ture" in request.target or "muster" in request.target
        return None if self.dead else super().answer(request)


@pytest.mark.parametrize(
    ("names", "verdicts"),
    [
        (["LIST-DANGLING-VALUE"], [Verdict.FAIL]),
        (["LIST-DANGLING-VALUE", "FUZZ-ALIVE"], [Verdict.BLOCKED, Verdict.FAIL]),
    ],
)
def test_a_crash_is_reported_once(names: list[str], verdicts: list[Verdict]) -> None:
    with served(Dies()) as server, Transport(server.target, VERSION, PATIENCE) as transport:
        run = run_suite(plan(*names), transport)
    assert [result.verdict for result in run.results] == verdicts
    assert all("has stopped responding since GET" in each.message for each in run.results)


def test_failed_planting_does_not_stop_other_checks(
    tcp: Served,
) -> None:
    ground = PlantedState(
        provided=frozenset(Need),
        obstacles={
            Need.PLANTED: Blocked("the disk is full"),
            Need.PULLED: Inconclusive("the server does not pull"),
        },
    )
    chosen = plan("LIST-ORDER", "PLANT-LISTED", "PLANT-DIGESTS")
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = run_suite(chosen, transport, planted=ground)
    assert [(result.requirement.id, result.verdict, result.message) for result in run.results] == [
        ("LIST-ORDER", Verdict.PASS, ""),
        ("PLANT-LISTED", Verdict.BLOCKED, "the disk is full"),
        ("PLANT-DIGESTS", Verdict.INCONCLUSIVE, "the server does not pull"),
    ]


def test_an_adaptive_run_reports_reduced_effort(
    tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "measure", lambda _: 9.0)
    for adapts, told in ((True, "a listing takes 9.00 s, so that 4 requests"), (False, "")):
        with Transport(tcp.target, VERSION, PATIENCE) as transport:
            chosen = replace(plan("HTTP-HEAD", max_examples=9), adapts=adapts)
            run = run_suite(chosen, transport)
        assert run.reduced.startswith(told)
        assert bool(run.reduced) is adapts


def test_the_listings_without_filters_are_asked_for_if_several_departures_must_be_explained() -> (
    None
):
    watch, ledger = Watch(StandIn()), Ledger()
    register = requirements()
    ledger.add(Result(register["LIST-EMPTY"], Verdict.FAIL, "wrong"))
    assert suite._unfiltered(watch, ledger) == {}  # noqa: SLF001
    ledger.add(Result(register["LIST-ORDER"], Verdict.FAIL, "wrong"))
    assert suite._unfiltered(watch, ledger).keys() == {True, False}  # noqa: SLF001
