from __future__ import annotations

from dataclasses import replace

import pytest

from muster.record.matrix import rows, verdicts_of
from muster.register.requirements import register
from muster.register.verdict import Verdict
from tests.conformance.support.matrices import of_engines, of_runs
from tests.conformance.support.runs import (
    FAILED,
    PASSED,
    REGISTER,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)


def test_each_run_is_a_column_with_a_unique_name() -> None:
    builds = of_runs().builds

    assert [build.name for build in builds] == [
        "Docker 20.10", "Docker 28.5", "http://localhost:2375 (1)", "http://localhost:2375 (2)",
    ]  # fmt: skip
    assert builds[0].engine == "Docker"
    assert builds[0].version == "20.10"
    assert builds[0].api_versions == ("1.23", "1.44")
    assert builds[2].engine == "http://localhost:2375"


def test_a_cell_has_the_worst_verdict_and_its_versions() -> None:
    row = of_runs().row("LIST-MUST")

    assert {name: cell.verdict for name, cell in row.items()} == {
        "Docker 20.10": Verdict.FAIL,
        "Docker 28.5": Verdict.FAIL,
        "http://localhost:2375 (1)": Verdict.PASS,
        "http://localhost:2375 (2)": Verdict.PASS,
    }
    assert row["Docker 20.10"].departs_at == ("1.23",)
    assert row["Docker 28.5"].departs_at == ()
    assert row["Docker 28.5"].finding == FAILED.message
    assert row["Docker 28.5"].reproduce[0].startswith("curl ")


def test_a_departure_at_every_version_lists_no_versions() -> None:
    cell = of_runs().row("LIST-SHOULD")["Docker 20.10"]

    assert (cell.verdict, cell.departs_at, cell.finding) == (Verdict.WARN, (), WARNED.message)


def test_a_cell_has_the_verdict_at_each_api_version() -> None:
    cells = of_runs().row("LIST-MUST")

    assert cells["Docker 20.10"].verdicts == {Verdict.FAIL: ("1.23",), Verdict.PASS: ("1.44",)}
    assert cells["http://localhost:2375 (1)"].verdicts == {Verdict.PASS: ("1.23",)}


def test_a_departure_outweighs_other_results_at_its_version() -> None:
    results = made(run(PASSED), run(FAILED), at("1.44", run(UNTRIED))).results

    assert verdicts_of([each for each in results if each.requirement == "LIST-MUST"]) == {
        Verdict.FAIL: ("1.23",)
    }


def test_at_some_versions_a_requirement_was_not_checked() -> None:
    matrix = of_runs()
    row = matrix.row("LIST-OBSERVED")

    assert matrix.by_version(row["Docker 20.10"]) == {"1.23": None, "1.44": Verdict.OBSERVE}


def test_versions_at_which_a_requirement_does_not_hold_are_left_out() -> None:
    matrix = of_engines()
    [equal] = matrix.row("LIST-VIRTUAL-SIZE-EQUAL").values()
    warned = replace(equal, verdicts={Verdict.WARN: ("1.24",)})

    assert matrix.by_version(warned) == {"1.24": Verdict.WARN, "1.41": None}


def test_older_files_have_no_verdicts_by_version() -> None:
    matrix = of_engines()

    assert matrix.by_version(matrix.row("LIST-ORDER")["podman 4.3"]) == {}


def test_requirements_without_results_are_omitted() -> None:
    names = [requirement.id for requirement in of_runs().requirements]

    assert names == ["LIST-MUST", "LIST-SHOULD", "LIST-OBSERVED", "LIST-LACKING"]
    assert {*names} < REGISTER.keys()


def test_the_scope_of_a_cell_names_its_versions() -> None:
    matrix = of_engines()
    scopes = [matrix.scope(cell) for cell in matrix.cells]

    assert scopes[:4] == ["sometimes", "", "", "at 1.24"]


@pytest.mark.parametrize(
    ("name", "version", "holds"),
    [
        ("LIST-ORDER", "1.23", True),
        ("LIST-REFERENCE-OR", "1.24", False),
        ("LIST-REFERENCE-OR", "1.56", True),
        ("LIST-VIRTUAL-SIZE", "1.43", True),
        ("LIST-VIRTUAL-SIZE", "1.44", False),
    ],
)
def test_a_requirement_applies_to_some_versions(name: str, version: str, holds: bool) -> None:
    [row] = rows([register()[name]])

    assert row.holds_at(version) is holds
