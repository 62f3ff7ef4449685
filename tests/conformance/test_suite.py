from __future__ import annotations

import pytest

from muster import suite
from muster.errors import Unreachable, UsageError
from muster.register import Requirement, requirements
from muster.transport import Transport
from muster.verdict import Verdict
from muster.version import ApiVersion
from tests.mutants.answers import SendsText, SizeIsMinusOne
from tests.mutants.stand_in import StandIn

from .servers import PATIENCE, VERSION, Answers, Served, served

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
        run = suite.check(
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
        run = suite.check([REGISTER["HTTP-HEAD"]], transport, seed=0, max_examples=100)
    assert len(tcp.seen) - before == run.requests < 10


def test_a_server_that_never_answers_is_not_judged() -> None:
    with (
        served(Answers(None)) as server,
        Transport(server.target, VERSION, PATIENCE) as transport,
        pytest.raises(Unreachable),
    ):
        suite.check([REGISTER["LIST-ANSWER"]], transport, seed=0, max_examples=1)


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
            run = suite.check(chosen, transport, seed=0, max_examples=1)
            return [result.verdict for result in run.results]

        assert verdicts(fuzzed) == [Verdict.FAIL]
        assert verdicts(told_by, fuzzed) == [Verdict.FAIL, Verdict.INCONCLUSIVE]


def held(names: list[str], version: str, *, planted: bool) -> list[str]:
    chosen = [REGISTER[name] for name in names]
    held = suite.holding(chosen, ApiVersion.parse(version), planted=planted)
    return [requirement.id for requirement in held]


NAMES = ["LIST-ORDER", "LIST-REFERENCE-NAME", "LIST-FILTER-NAME", "PLANT-LISTED"]


@pytest.mark.parametrize(
    ("version", "planted", "names"),
    [
        ("1.23", False, ["LIST-ORDER", "LIST-FILTER-NAME"]),
        ("1.23", True, ["LIST-ORDER", "LIST-FILTER-NAME", "PLANT-LISTED"]),
        ("1.44", True, ["LIST-ORDER", "LIST-REFERENCE-NAME", "PLANT-LISTED"]),
    ],
)
def test_what_is_no_requirement_of_the_version_or_needs_planted_images_is_left_out(
    version: str, names: list[str], *, planted: bool
) -> None:
    assert held(NAMES, version, planted=planted) == names


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("LIST-UNTIL", "at API 1.23 nothing can be checked of what was selected: LIST-UNTIL"),
        ("PLANT-TAG", "only with --plant can be checked of what was selected: PLANT-TAG"),
    ],
)
def test_where_nothing_is_left_it_is_told_why(name: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        held([name], "1.23", planted=False)
    assert str(refused.value) == told


@pytest.mark.parametrize("requirement", requirements().values(), ids=lambda each: each.id)
def test_every_check_says_what_it_asks(requirement: Requirement) -> None:
    said = suite.tried_on(requirement)
    assert said.endswith(".")
    assert len(said) > 10
