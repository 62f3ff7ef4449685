from __future__ import annotations

import re

import pytest

from muster import fuzz
from muster.check import CHECKS, Context, Steps, check
from muster.register import Level, Requirement, requirements
from muster.verdict import Held

REGISTER = requirements()
EVERY = pytest.mark.parametrize("requirement", REGISTER.values(), ids=lambda each: each.id)


@EVERY
def test_a_requirement_says_all_that_there_is_to_say(requirement: Requirement) -> None:
    assert re.fullmatch(r"(LIST|HTTP|FUZZ|PLANT)(-[A-Z]+)+", requirement.id)
    for text in (requirement.rule, requirement.clause, requirement.source):
        assert text
        assert text == " ".join(text.split())
    assert requirement.rule.endswith(".")
    assert not requirement.source.endswith(".")


@EVERY
def test_servers_that_failed_are_named_so_that_they_can_be_looked_up(
    requirement: Requirement,
) -> None:
    for server in requirement.seen:
        assert re.fullmatch(r"(moby|podman|docker/cli)(#| PR )\d+|podman 4\.3", server)
    assert len(set(requirement.seen)) == len(requirement.seen)


def test_requirements_stand_by_their_id_in_the_order_of_the_register() -> None:
    assert [requirement.id for requirement in REGISTER.values()] == list(REGISTER)
    assert next(iter(REGISTER)) == "LIST-ANSWER"
    assert {requirement.level for requirement in REGISTER.values()} == set(Level)


def test_no_rule_stands_twice() -> None:
    rules = [requirement.rule for requirement in REGISTER.values()]
    assert len(set(rules)) == len(rules)


@EVERY
def test_a_requirement_has_a_check_or_is_fuzzed(requirement: Requirement) -> None:
    assert (requirement.id in CHECKS) is not (requirement.id in fuzz.REQUIREMENTS)


@pytest.mark.parametrize("name", [*CHECKS, *fuzz.REQUIREMENTS])
def test_what_is_checked_is_a_requirement(name: str) -> None:
    assert name in REGISTER


def test_the_register_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        REGISTER["X"] = REGISTER["LIST-ANSWER"]  # type: ignore[index]


def test_two_checks_of_one_requirement_are_refused() -> None:
    def another(_: Context) -> Steps[Held]:
        raise NotImplementedError

    before = CHECKS["LIST-ANSWER"]
    with pytest.raises(ValueError, match="two checks for LIST-ANSWER"):
        check("LIST-ANSWER")(another)
    assert CHECKS["LIST-ANSWER"] is before
