from __future__ import annotations

from collections.abc import Collection

import pytest

from muster.errors import Unreachable, UsageError
from muster.model.exchange import Request, Response
from muster.model.version import ApiVersion
from muster.planting.state import PlantedState
from muster.register.requirements import Need, Requirement, find, requirements
from muster.register.verdict import (
    Blocked,
    Departure,
    Inconclusive,
    Outcome,
    Passed,
    Result,
    Verdict,
)
from muster.runner.liveness import Watch
from muster.suite import suite
from muster.transport.transport import Transport
from tests.conformance.support.servers import PATIENCE, VERSION, Answers, Served, served
from tests.mutants.answers import SendsText, SizeIsMinusOne
from tests.mutants.stand_in import StandIn

REGISTER = requirements()


def selected(only: list[str], skip: list[str]) -> list[str]:
    return [requirement.id for requirement in suite.select(REGISTER, only, skip)]


@pytest.mark.parametrize(
    ("only", "skip", "chosen"),
    [
        ([], [], list(REGISTER)),
        (["LIST-ORDER"], [], ["LIST-ORDER"]),
        (["LIST-ORDER", "LIST-ANSWER", "LIST-ORDER"], [], ["LIST-ANSWER", "LIST-ORDER"]),
        (["LIST-ORDER", "LIST-ANSWER"], ["LIST-ORDER"], ["LIST-ANSWER"]),
        ([], [name for name in REGISTER if name != "HTTP-HEAD"], ["HTTP-HEAD"]),
    ],
)
def test_requirements_are_selected_in_the_order_of_the_register(
    only: list[str], skip: list[str], chosen: list[str]
) -> None:
    assert selected(only, skip) == chosen


@pytest.mark.parametrize(
    ("only", "skip"), [(["NO"], []), ([], ["NO"]), (["LIST-ANSWER", "NO"], [])]
)
def test_an_id_that_does_not_exist_is_refused(only: list[str], skip: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        selected(only, skip)
    assert str(refused.value) == "there is no requirement NO: `muster list` shows them all"


def test_a_rule_that_no_check_can_tell_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError) as refused:
        selected(["LIST-WINDOWS"], [])
    assert str(refused.value) == "LIST-WINDOWS cannot be checked: only engines on Windows hold both"
    assert suite.tried_on(find("LIST-WINDOWS")) == ""


@pytest.mark.parametrize(
    ("only", "skip"), [(["LIST-ANSWER"], ["LIST-ANSWER"]), ([], list(REGISTER))]
)
def test_a_selection_of_nothing_is_refused(only: list[str], skip: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        selected(only, skip)
    assert str(refused.value) == "--only and --skip leave no requirement to check"


def test_a_run_has_a_result_for_each_requirement_in_the_order_asked_for(tcp: Served) -> None:
    names = ["FUZZ-STATUS", "LIST-ANSWER", "FUZZ-ALIVE", "HTTP-HEAD"]
    told: list[Requirement] = []
    before = len(tcp.seen)
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = suite.run_suite(
            [REGISTER[name] for name in names],
            transport,
            seed=7,
            max_examples=1,
            server={"Name": "E"},
            strict=True,
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


def test_nothing_is_fuzzed_unless_it_is_asked_for(tcp: Served) -> None:
    before = len(tcp.seen)
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = suite.run_suite([REGISTER["HTTP-HEAD"]], transport, seed=0, max_examples=100)
    assert len(tcp.seen) - before == run.requests < 10


def test_a_server_that_never_answers_is_not_judged() -> None:
    with (
        served(Answers(None)) as server,
        Transport(server.target, VERSION, PATIENCE) as transport,
        pytest.raises(Unreachable),
    ):
        suite.run_suite([REGISTER["LIST-ANSWER"]], transport, seed=0, max_examples=1)


@pytest.mark.parametrize(
    ("fuzzed", "told_by", "server"),
    [
        ("FUZZ-SCHEMA", "LIST-SCHEMA", SizeIsMinusOne()),
        ("FUZZ-MEDIA-TYPE", "LIST-ANSWER", SendsText()),
    ],
)
def test_fuzzing_does_not_tell_again_what_a_check_has_told(
    fuzzed: str, told_by: str, server: StandIn
) -> None:
    with served(server) as there, Transport(there.target, VERSION, PATIENCE) as transport:

        def verdicts(*names: str) -> list[Verdict]:
            chosen = [REGISTER[name] for name in names]
            run = suite.run_suite(chosen, transport, seed=0, max_examples=1)
            return [result.verdict for result in run.results]

        assert verdicts(fuzzed) == [Verdict.FAIL]
        assert verdicts(told_by, fuzzed) == [Verdict.FAIL, Verdict.INCONCLUSIVE]


class Dies(StandIn):
    """Answers nothing any more since it was asked for a boolean that is none."""

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
def test_that_the_server_died_is_told_once(names: list[str], verdicts: list[Verdict]) -> None:
    noted: dict[str, Result] = {}
    with served(Dies()) as server, Transport(server.target, VERSION, PATIENCE) as transport:
        run = suite.run_suite(
            [REGISTER[name] for name in names],
            transport,
            seed=0,
            max_examples=1,
            note=lambda result: noted.update({result.requirement.id: result}),
        )
    assert [result.verdict for result in run.results] == verdicts
    assert all("does not answer any more since GET" in each.message for each in run.results)
    assert list(noted.values()) == run.results


@pytest.mark.parametrize("name", ["LIST-ORDER", "FUZZ-ALIVE"])
def test_what_a_drawn_query_shows_counts_whatever_else_is_selected(
    name: str, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[str, Outcome] = {name: Departure("wrong"), "LIST-QUERY": Passed()}
    monkeypatch.setattr(suite.random_queries, "ask", lambda *_, **__: (shown, 5))
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = suite.run_suite([REGISTER[name]], transport, seed=0, max_examples=1)
    (result,) = run.results
    assert (result.verdict, result.message, result.requests) == (Verdict.FAIL, "wrong", 5)


def test_ten_queries_are_drawn_for_each_request_of_fuzzing(
    tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def ask(_: Watch, **given: object) -> tuple[dict[str, Outcome], int]:
        asked.append(given)
        return {"LIST-QUERY": Passed()}, 0

    monkeypatch.setattr(suite.random_queries, "ask", ask)
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        suite.run_suite([REGISTER["LIST-QUERY"]], transport, seed=3, max_examples=7)
    assert asked == [{"version": VERSION, "seed": 3, "count": 70, "failed": set()}]


def held(names: list[str], version: str, provided: Collection[Need] = ()) -> list[str]:
    chosen = [REGISTER[name] for name in names]
    held = suite.holding(chosen, ApiVersion.parse(version), provided)
    return [requirement.id for requirement in held]


HARD = ["PLANT-MANY", "PLANT-DIGESTS"]
NAMES = [
    *("LIST-ORDER", "LIST-REFERENCE-NAME", "LIST-FILTER-NAME", "PLANT-LISTED", "PLANT-TAG"),
    *HARD,
]


@pytest.mark.parametrize(
    ("version", "provided", "names"),
    [
        ("1.23", (), ["LIST-ORDER", "LIST-FILTER-NAME"]),
        ("1.23", [Need.PLANTED], ["LIST-ORDER", "LIST-FILTER-NAME", "PLANT-LISTED"]),
        ("1.44", [Need.PLANTED], ["LIST-ORDER", "LIST-REFERENCE-NAME", "PLANT-LISTED"]),
        ("1.44", [Need.CHANGES], ["LIST-ORDER", "LIST-REFERENCE-NAME", "PLANT-TAG"]),
        ("1.44", [Need.MANY, Need.PULLED], ["LIST-ORDER", "LIST-REFERENCE-NAME", *HARD]),
    ],
)
def test_what_is_no_requirement_of_the_version_or_needs_what_is_not_there_is_left_out(
    version: str, names: list[str], provided: Collection[Need]
) -> None:
    assert held(NAMES, version, provided) == names


def test_what_could_not_be_planted_is_blocked_or_lacks_evidence_and_the_rest_is_checked(
    tcp: Served,
) -> None:
    ground = PlantedState(
        provided=frozenset(Need),
        obstacles={
            Need.PLANTED: Blocked("the disk is full"),
            Need.PULLED: Inconclusive("the server does not pull"),
        },
    )
    chosen = [REGISTER[name] for name in ("LIST-ORDER", "PLANT-LISTED", "PLANT-DIGESTS")]
    noted: list[Result] = []
    with Transport(tcp.target, VERSION, PATIENCE) as transport:
        run = suite.run_suite(
            chosen, transport, seed=0, max_examples=1, ground=ground, note=noted.append
        )
    assert [(result.requirement.id, result.verdict, result.message) for result in run.results] == [
        ("LIST-ORDER", Verdict.PASS, ""),
        ("PLANT-LISTED", Verdict.BLOCKED, "the disk is full"),
        ("PLANT-DIGESTS", Verdict.INCONCLUSIVE, "the server does not pull"),
    ]
    assert sorted(result.requirement.id for result in noted) == sorted(r.id for r in chosen)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("LIST-UNTIL", "at API 1.23 nothing can be checked of what was selected: LIST-UNTIL"),
        ("PLANT-TAG", "only with --plant can be checked of what was selected: PLANT-TAG"),
        ("PLANT-MANY", "only with --plant-many can be checked of what was selected: PLANT-MANY"),
    ],
)
def test_where_nothing_is_left_it_is_told_why(name: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        held([name], "1.23")
    assert str(refused.value) == told


@pytest.mark.parametrize("requirement", requirements().values(), ids=lambda each: each.id)
def test_every_check_says_what_it_asks(requirement: Requirement) -> None:
    said = suite.tried_on(requirement)
    assert said.endswith(".")
    assert len(said) > 10
