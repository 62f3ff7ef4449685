"""The suite finds every fault, files it under its requirement, and accuses nobody else."""

from __future__ import annotations

import inspect

import pytest

import muster_openapi
from muster import fuzz, runner
from muster.check import CHECKS
from muster.contract import image_schema
from muster.fixtures import build
from muster.planting import planted
from muster.register import Level, Requirement, requirements
from muster.verdict import Result, Verdict, judge
from muster.version import ApiVersion

from . import answers, conditions, names, requests, versions
from . import planted as planting_mutants
from .mutant import Mutant
from .stand_in import StandIn

REGISTER = requirements()
MODULES = (answers, conditions, names, planting_mutants, requests, versions)
MUTANTS = [
    value
    for module in MODULES
    for _, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, Mutant) and value is not Mutant
]
SEEDS = range(3)


def holding(version: str, *, planted: bool = False) -> list[Requirement]:
    at = ApiVersion.parse(version)
    return [each for each in REGISTER.values() if each.holds_at(at) and each.planted is planted]


def checked(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    results = runner.run(
        [requirement for requirement in holding(version) if requirement.id in CHECKS],
        server,
        schema=image_schema(muster_openapi.document(version)),
        seed=seed,
        limit=12,
        version=ApiVersion.parse(version),
    )
    return {result.requirement.id: result for result in results}


def checked_planted(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    archive = build(f"run{seed}")
    with planted(server, archive):
        results = runner.run(
            holding(version, planted=True),
            server,
            schema=image_schema(muster_openapi.document(version)),
            seed=seed,
            limit=12,
            version=ApiVersion.parse(version),
            planted=archive.images,
        )
    return {result.requirement.id: result for result in results}


def fuzzed(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    document = muster_openapi.document(version)
    outcomes, sent = fuzz.fuzz(document, server, seed=seed, max_examples=60)
    return {name: judge(REGISTER[name], outcome, sent) for name, outcome in outcomes.items()}


def departures(results: dict[str, Result]) -> dict[str, str]:
    departed = (Verdict.FAIL, Verdict.WARN)
    return {name: r.message for name, r in results.items() if r.verdict in departed}


@pytest.mark.parametrize("version", [*muster_openapi.VERSIONS, muster_openapi.NEWEST])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_correct_server_meets_every_requirement(seed: int, version: str) -> None:
    results = checked(StandIn(version), version, seed) | fuzzed(StandIn(version), version, seed)
    assert departures(results) == {}
    undecided = [name for name, r in results.items() if r.verdict is Verdict.INCONCLUSIVE]
    assert undecided == [], "the stand-in must hold the evidence for every requirement"
    assert results.keys() == {requirement.id for requirement in holding(version)}


@pytest.mark.parametrize("version", [*muster_openapi.VERSIONS, muster_openapi.NEWEST])
def test_a_correct_server_shows_planted_images_as_they_are(version: str) -> None:
    server = StandIn(version)
    before = [dict(image) for image in server.images]
    results = checked_planted(server, version, 0)
    assert {name: r.verdict for name, r in results.items() if r.verdict is not Verdict.PASS} == {}
    assert results.keys() == {each.id for each in holding(version, planted=True)}
    assert server.images == before, "planted images are removed again"


@pytest.mark.parametrize(
    "mutant",
    [m for m in MUTANTS if REGISTER[m.kills].planted],
    ids=lambda mutant: mutant.__name__,
)
def test_a_fault_with_planted_images_is_found_under_its_requirement_alone(
    mutant: type[Mutant],
) -> None:
    found = departures(checked_planted(mutant(mutant.version), mutant.version, 0))
    assert mutant.kills in found
    assert found.keys() <= {mutant.kills, *mutant.also}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "mutant",
    [m for m in MUTANTS if m.kills in CHECKS and not REGISTER[m.kills].planted],
    ids=lambda mutant: mutant.__name__,
)
def test_a_fault_is_found_under_its_requirement_alone(mutant: type[Mutant], seed: int) -> None:
    found = departures(checked(mutant(mutant.version), mutant.version, seed))
    assert mutant.kills in found
    accused = {name for name in found if REGISTER[name].level is Level.MUST}
    assert accused <= {mutant.kills, *mutant.also}


@pytest.mark.parametrize(
    "mutant",
    [m for m in MUTANTS if m.kills in fuzz.REQUIREMENTS],
    ids=lambda mutant: mutant.__name__,
)
def test_fuzzing_finds_a_fault_under_its_requirement_alone(mutant: type[Mutant]) -> None:
    results = fuzzed(mutant(mutant.version), mutant.version, 0)
    assert departures(results).keys() == {mutant.kills}


def test_every_requirement_that_is_judged_finds_a_fault() -> None:
    judged = {name for name, r in REGISTER.items() if r.level is not Level.OBSERVE}
    assert judged == {mutant.kills for mutant in MUTANTS}


def test_every_fault_that_a_mutant_may_show_elsewhere_is_a_requirement() -> None:
    assert {name for mutant in MUTANTS for name in mutant.also} <= REGISTER.keys()
