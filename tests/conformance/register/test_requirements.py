from __future__ import annotations

import re
from pathlib import Path

import pytest

import muster.checks.catalogue  # noqa: F401 - importing it registers the checks
from muster.checks.check import CHECKS, Context, Steps, check
from muster.errors import UsageError
from muster.fuzzing import ids, random_queries
from muster.register.requirements import Level, Requirement, find, register, requirements
from muster.register.verdict import Passed
from muster.runner import steadiness

REGISTER = requirements()
RULES = register()
EVERY = pytest.mark.parametrize("requirement", RULES.values(), ids=lambda each: each.id)
ELSEWHERE = {*ids.REQUIREMENTS, *random_queries.REQUIREMENTS, steadiness.DROPPED}
"""Requirements that are checked, but not by a check of `muster.checks`."""

IDS = (Path(__file__).parents[1] / "data" / "ids.txt").read_text().split()


@EVERY
def test_a_requirement_has_complete_texts(requirement: Requirement) -> None:
    assert re.fullmatch(r"(LIST|HTTP|FUZZ|PLANT|ACCESS)(-[A-Z]+)+", requirement.id)
    for text in (requirement.rule, requirement.why, requirement.clause, requirement.source):
        assert text
        assert text == " ".join(text.split())
    assert requirement.rule.endswith(".")
    assert requirement.why.endswith(".")
    assert not requirement.source.endswith(".")


@EVERY
def test_failed_servers_are_cited_by_issue_or_release(
    requirement: Requirement,
) -> None:
    issue = r"(moby|podman|docker/cli|classicswarm|testcontainers-java)(#| PR )\d+"
    for server in requirement.seen:
        assert re.fullmatch(rf"{issue}|podman 4\.3", server)
    assert len(set(requirement.seen)) == len(requirement.seen)


def test_requirements_are_keyed_by_id_in_register_order() -> None:
    assert [requirement.id for requirement in REGISTER.values()] == list(REGISTER)
    assert next(iter(REGISTER)) == "LIST-ANSWER"
    assert {requirement.level for requirement in REGISTER.values()} == set(Level)


def test_no_rule_occurs_twice() -> None:
    rules = [requirement.rule for requirement in RULES.values() if not requirement.unchecked]
    assert len(set(rules)) == len(rules)


@EVERY
def test_a_requirement_has_one_check_or_a_reason_for_none(requirement: Requirement) -> None:
    checked = (requirement.id in CHECKS) + (requirement.id in ELSEWHERE)
    assert checked == (0 if requirement.unchecked else 1)
    assert requirement.unchecked == requirement.unchecked.strip(" .")


@pytest.mark.parametrize("name", sorted({*CHECKS, *ELSEWHERE}))
def test_every_check_belongs_to_a_requirement(name: str) -> None:
    assert name in REGISTER


def test_requirement_ids_are_pinned() -> None:
    assert sorted(RULES) == IDS, "add new ids to tests/conformance/data/ids.txt; leave the others"


def test_unchecked_rules_are_excluded_from_the_requirements() -> None:
    unchecked = {name for name, rule in RULES.items() if rule.unchecked}
    assert REGISTER.keys() == RULES.keys() - unchecked
    assert "LIST-WINDOWS" in unchecked
    assert RULES["LIST-WINDOWS"].scope == "not checked"


def test_checked_and_unchecked_rules_are_found_by_id() -> None:
    assert find("LIST-ORDER") is REGISTER["LIST-ORDER"]
    assert find("LIST-WINDOWS").unchecked == "only engines on Windows hold both"
    with pytest.raises(UsageError, match="there is no requirement NO: `muster list` shows them"):
        find("NO")


def test_the_register_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        REGISTER["X"] = REGISTER["LIST-ANSWER"]  # type: ignore[index]


def test_two_checks_of_one_requirement_are_refused() -> None:
    def another(_: Context) -> Steps[Passed]:
        raise NotImplementedError

    before = CHECKS["LIST-ANSWER"]
    with pytest.raises(ValueError, match="two checks for LIST-ANSWER"):
        check("LIST-ANSWER")(another)
    assert CHECKS["LIST-ANSWER"] is before
