"""The suite finds every fault and reports it only under its requirement."""

from __future__ import annotations

import pytest

from muster.fuzzing import ids
from muster.register.requirements import Level

from . import answers, members, versions
from .matrix import MUTANTS, PAGE, REGISTER, checked, found, page
from .mutant import Mutant

FUZZED = {*ids.REQUIREMENTS}
FIRST = {mutant.kills: mutant for mutant in reversed(MUTANTS)}
"""A fault of each requirement: what the others need of the suite, coverage has seen with it."""


@pytest.fixture(autouse=True)
def covered_once(request: pytest.FixtureRequest) -> None:
    callspec = getattr(request.node, "callspec", None)
    mutant = callspec and callspec.params["mutant"]
    if mutant and FIRST[mutant.kills] is not mutant and "words" not in callspec.params:
        request.getfixturevalue("uncovered")


def name(mutant: type[Mutant]) -> str:
    return mutant.__name__


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.kills not in FUZZED], ids=name)
def test_a_fault_is_found_under_its_requirement_alone(mutant: type[Mutant]) -> None:
    names = found(mutant, 0)
    assert mutant.kills in names
    accused = {name for name in names if REGISTER[name].level is Level.MUST}
    assert accused <= {mutant.kills, *mutant.also}


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.kills in FUZZED], ids=name)
def test_fuzzing_finds_a_fault_under_its_requirement_alone(mutant: type[Mutant]) -> None:
    assert found(mutant, 0) == {mutant.kills}


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        (answers.NullForNothing, "nothing is shown as null"),
        (answers.OneTagOnTwoImages, "names both"),
        (members.SizeIsAFloat, "is written with a fraction or an exponent"),
        (versions.IdentityEarly, "show Identity, which came with API"),
        (versions.ManifestsInAnyOrder, "repeated, gets another response"),
        (versions.IgnoresUntilEarly, "the filter until, which came with API 1.44, is"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_several_faults_of_a_requirement_have_distinct_messages(
    mutant: type[Mutant], words: str
) -> None:
    results = checked(mutant(mutant.version), mutant.version, 0)
    assert words in results[mutant.kills].message


def test_every_checked_requirement_finds_a_fault() -> None:
    assert REGISTER.keys() == {mutant.kills for mutant in MUTANTS}


def test_there_are_many_faults_with_unique_names() -> None:
    names = {mutant.__name__ for mutant in MUTANTS}
    assert len(names) == len(MUTANTS) >= 80


def test_every_side_effect_of_a_mutant_is_a_requirement() -> None:
    assert {name for mutant in MUTANTS for name in mutant.also} <= REGISTER.keys()


def test_the_page_of_faults_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "`make docs` writes it anew"
