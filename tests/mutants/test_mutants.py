"""The suite finds every fault, files it under its requirement, and accuses nobody else."""

from __future__ import annotations

import inspect

import pytest

import muster_openapi
from muster import fuzz, runner
from muster.check import CHECKS
from muster.contract import image_schema
from muster.register import Level, requirements
from muster.verdict import Result, Verdict, judge

from . import mutants
from .stand_in import StandIn

DOCUMENT = muster_openapi.document("1.23")
REGISTER = requirements()
MUTANTS = [
    value
    for _, value in inspect.getmembers(mutants, inspect.isclass)
    if issubclass(value, mutants.Mutant) and value is not mutants.Mutant
]
SEEDS = range(3)


def checked(server: StandIn, seed: int) -> dict[str, Result]:
    chosen = [requirement for requirement in REGISTER.values() if requirement.id in CHECKS]
    results = runner.run(chosen, server, schema=image_schema(DOCUMENT), seed=seed, limit=12)
    return {result.requirement.id: result for result in results}


def fuzzed(server: StandIn, seed: int) -> dict[str, Result]:
    outcomes, sent = fuzz.fuzz(DOCUMENT, server, seed=seed, max_examples=60)
    return {name: judge(REGISTER[name], outcome, sent) for name, outcome in outcomes.items()}


def departures(results: dict[str, Result]) -> dict[str, str]:
    departed = (Verdict.FAIL, Verdict.WARN)
    return {name: r.message for name, r in results.items() if r.verdict in departed}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_correct_server_meets_every_requirement(seed: int) -> None:
    results = checked(StandIn(), seed) | fuzzed(StandIn(), seed)
    assert departures(results) == {}
    undecided = [name for name, r in results.items() if r.verdict is Verdict.INCONCLUSIVE]
    assert undecided == [], "the stand-in must hold the evidence for every requirement"
    assert results.keys() == REGISTER.keys()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "mutant", [m for m in MUTANTS if m.kills in CHECKS], ids=lambda mutant: mutant.__name__
)
def test_a_fault_is_found_under_its_requirement_alone(
    mutant: type[mutants.Mutant], seed: int
) -> None:
    found = departures(checked(mutant(), seed))
    assert mutant.kills in found
    accused = {name for name in found if REGISTER[name].level is Level.MUST}
    assert accused <= {mutant.kills, *mutant.also}


@pytest.mark.parametrize(
    "mutant",
    [m for m in MUTANTS if m.kills in fuzz.REQUIREMENTS],
    ids=lambda mutant: mutant.__name__,
)
def test_fuzzing_finds_a_fault_under_its_requirement_alone(mutant: type[mutants.Mutant]) -> None:
    assert departures(fuzzed(mutant(), 0)).keys() == {mutant.kills}


def test_every_requirement_that_is_judged_finds_a_fault() -> None:
    judged = {name for name, r in REGISTER.items() if r.level is not Level.OBSERVE}
    assert judged == {mutant.kills for mutant in MUTANTS}


def test_every_fault_that_a_mutant_may_show_elsewhere_is_a_requirement() -> None:
    assert {name for mutant in MUTANTS for name in mutant.also} <= REGISTER.keys()
