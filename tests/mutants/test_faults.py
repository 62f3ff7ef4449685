"""Every fault from Docker's history names the requirement that finds it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from muster.register.requirements import register

from .matrix import MUTANTS

DATA = Path(__file__).parents[1] / "conformance" / "data" / "faults.toml"
FAULTS: dict[str, dict[str, str]] = tomllib.loads(DATA.read_text())
BY_NAME: dict[str, Any] = {mutant.__name__: mutant for mutant in MUTANTS}


def test_all_sixty_two_faults_are_listed() -> None:
    assert list(FAULTS) == [f"M{number}" for number in range(1, 63)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_requirement_if_that_is_checked(name: str) -> None:
    fault = FAULTS[name]
    assert fault["seen"]
    assert fault["symptom"]
    if register()[fault["requirement"]].unchecked:
        assert "mutant" not in fault
    else:
        assert BY_NAME[fault["mutant"]].kills == fault["requirement"]
