from __future__ import annotations

from dataclasses import replace

from muster.record.matrix import Build
from muster.reports.matrix_text import matrix_markdown, matrix_text
from tests.conformance.support.matrices import of_engines, of_runs


def test_the_text_lists_unmet_requirements_by_run_letter() -> None:
    text = matrix_text(of_runs())

    assert text.startswith("A: Docker 20.10\nB: Docker 28.5\nC: http://localhost:2375 (1)\n")
    assert "\nLIST-MUST (MUST)\n  A fail, B fail, C pass, D pass\n" in text
    assert "\nLIST-SHOULD (SHOULD)\n  A warn\n" in text
    assert text.endswith("\n2 requirements not met by some run, 2 others\n")


def test_the_table_has_a_column_for_each_run() -> None:
    assert matrix_markdown(of_engines()).splitlines() == [
        "| Requirement | podman 10.0 | podman 4.3 | Docker 28.5, containerd store | Docker 28.5 |",
        "|---|---|---|---|---|",
        "| `LIST-ORDER` | **fails** sometimes | **fails** |  | met |",
        "| `LIST-VIRTUAL-SIZE-EQUAL` (SHOULD) |  |  | warns at 1.24 |  |",
        "",
        "3 other requirements: no run departs from them.",
    ]


def test_the_name_of_a_server_cannot_break_the_table() -> None:
    matrix = replace(of_runs(), builds=(Build(name="a|b\x1b", engine="x"),))

    assert "| a\\|b\N{REPLACEMENT CHARACTER} |" in matrix_markdown(matrix)


def test_any_number_of_runs_gets_letters() -> None:
    builds = tuple(Build(name=f"n{number}", engine="x") for number in range(27))

    assert "\nA1: n26\n" in matrix_text(replace(of_runs(), builds=builds, cells=()))
