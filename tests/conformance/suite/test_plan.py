from __future__ import annotations

from collections.abc import Collection

import pytest

from muster.errors import UsageError
from muster.model.version import ApiVersion
from muster.register.requirements import Need, requirements
from muster.suite.plan import applicable, select

REGISTER = requirements()


def selected(only: list[str], skip: list[str]) -> list[str]:
    return [requirement.id for requirement in select(REGISTER, only, skip)]


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


def test_an_uncheckable_rule_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError) as refused:
        selected(["LIST-WINDOWS"], [])
    assert str(refused.value) == "LIST-WINDOWS cannot be checked: only engines on Windows hold both"


@pytest.mark.parametrize(
    ("only", "skip"), [(["LIST-ANSWER"], ["LIST-ANSWER"]), ([], list(REGISTER))]
)
def test_an_empty_selection_is_refused(only: list[str], skip: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        selected(only, skip)
    assert str(refused.value) == "--only and --skip leave no requirement to check"


def held(names: list[str], version: str, provided: Collection[Need] = ()) -> list[str]:
    chosen = [REGISTER[name] for name in names]
    held = applicable(chosen, ApiVersion.parse(version), provided)
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
def test_inapplicable_requirements_are_skipped(
    version: str, names: list[str], provided: Collection[Need]
) -> None:
    assert held(NAMES, version, provided) == names


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("LIST-UNTIL", "at API 1.23 nothing can be checked of what was selected: LIST-UNTIL"),
        ("PLANT-TAG", "only with --plant can be checked of what was selected: PLANT-TAG"),
        ("PLANT-MANY", "only with --plant-many can be checked of what was selected: PLANT-MANY"),
    ],
)
def test_a_selection_without_applicable_requirements_is_explained(name: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        held([name], "1.23")
    assert str(refused.value) == told
