"""The suite finds every fault, files it under its requirement, and accuses nobody else."""

from __future__ import annotations

import pytest

import muster_openapi
from muster import fuzz
from muster.check import CHECKS
from muster.register import Level, Need
from muster.verdict import Verdict

from .access import Guard
from .matrix import (
    MUTANTS,
    PAGE,
    PLANTING,
    REGISTER,
    checked,
    checked_planted,
    checked_signed,
    departures,
    found,
    fuzzed,
    holding,
    page,
)
from .mutant import Mutant
from .stand_in import StandIn

SEEDS = range(3)
VERSIONS = [*muster_openapi.VERSIONS, muster_openapi.NEWEST]


def name(mutant: type[Mutant]) -> str:
    return mutant.__name__


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_correct_server_meets_every_requirement(seed: int, version: str) -> None:
    results = checked(StandIn(version), version, seed) | fuzzed(StandIn(version), version, seed)
    assert departures(results) == {}
    undecided = [name for name, r in results.items() if r.verdict is Verdict.INCONCLUSIVE]
    assert undecided == [], "the stand-in must hold the evidence for every requirement"
    assert results.keys() == {requirement.id for requirement in holding(version)}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_correct_server_shows_planted_images_as_they_are(version: str) -> None:
    server = StandIn(version)
    before = [dict(image) for image in server.images]
    results = checked_planted(server, version, 0)
    met = {Verdict.PASS, Verdict.OBSERVE}
    assert {name: r.message for name, r in results.items() if r.verdict not in met} == {}
    assert results.keys() == {each.id for each in holding(version, PLANTING)}
    assert server.images == before, "planted images are removed again"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_correct_server_lets_nobody_in_who_has_not_signed(version: str) -> None:
    results = checked_signed(Guard(version), version, 0)
    assert {name: r.message for name, r in results.items() if r.verdict is not Verdict.PASS} == {}
    assert results.keys() == {each.id for each in holding(version, {Need.SIGNED})}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.kills in CHECKS], ids=name)
def test_a_fault_is_found_under_its_requirement_alone(mutant: type[Mutant], seed: int) -> None:
    names = found(mutant, seed)
    assert mutant.kills in names
    accused = {name for name in names if REGISTER[name].level is Level.MUST}
    assert accused <= {mutant.kills, *mutant.also}


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.kills in fuzz.REQUIREMENTS], ids=name)
def test_fuzzing_finds_a_fault_under_its_requirement_alone(mutant: type[Mutant]) -> None:
    assert found(mutant, 0) == {mutant.kills}


def test_every_requirement_that_is_judged_finds_a_fault() -> None:
    judged = {name for name, r in REGISTER.items() if r.level is not Level.OBSERVE}
    assert judged == {mutant.kills for mutant in MUTANTS}


def test_every_fault_that_a_mutant_may_show_elsewhere_is_a_requirement() -> None:
    assert {name for mutant in MUTANTS for name in mutant.also} <= REGISTER.keys()


def test_the_page_of_faults_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "`make docs` writes it anew"
