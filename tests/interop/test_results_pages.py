"""The data on real engines, and the pages and badges generated from it."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

import muster_openapi
from muster.model.version import ApiVersion
from muster.record import matrix_file
from muster.record.baseline import Baseline, Entry
from muster.record.matrix import Matrix
from muster.register.requirements import requirements
from muster.register.verdict import Verdict
from tests.conformance.support.runs import FAILED, MUST, PASSED, SEEN, SHOULD, WARNED, at, made, run

from . import results, results_pages

SCHEMA = json.loads(
    resources.files("muster.record").joinpath("matrix.schema.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return matrix_file.loads(results_pages.DATA.read_bytes())


def test_the_data_matches_its_schema() -> None:
    value = json.loads(results_pages.DATA.read_text("utf-8"))

    jsonschema.validate(value, SCHEMA, jsonschema.Draft202012Validator)


def test_the_data_covers_at_least_ten_engine_builds(matrix: Matrix) -> None:
    builds = {build.name for build in matrix.builds}

    assert len(builds - {"musterd"}) >= 10


def test_every_cell_has_a_unique_requirement_and_build(matrix: Matrix) -> None:
    cells = [(cell.requirement, cell.build) for cell in matrix.cells]

    assert len(cells) == len({*cells}) > 1000
    assert {name for name, _ in cells} <= {each.id for each in matrix.requirements}
    assert {name for _, name in cells} == {each.name for each in matrix.builds}


def test_a_departure_has_a_command_to_reproduce_it(matrix: Matrix) -> None:
    departed = [cell for cell in matrix.cells if cell.departs]

    assert departed
    assert [cell for cell in departed if not cell.reproduce] == []


def test_requirements_of_the_matrix_are_in_the_register(matrix: Matrix) -> None:
    there = requirements()

    assert [each.id for each in matrix.requirements if each.id not in there] == []


def test_api_versions_are_known(matrix: Matrix) -> None:
    newest = ApiVersion.parse(muster_openapi.NEWEST)
    versions = {version for build in matrix.builds for version in build.api_versions}

    assert all(ApiVersion(1, 23) <= ApiVersion.parse(version) <= newest for version in versions)


def test_the_pages_are_generated_from_the_data(matrix: Matrix) -> None:
    for place, text in results_pages.pages(matrix).items():
        assert place.read_text("utf-8") == text, "`make results` writes both"


def test_the_badges_are_generated_from_the_data(matrix: Matrix) -> None:
    made_of_it = results_pages.badges(matrix)

    assert {*results_pages.BADGES.iterdir()} == {*made_of_it}
    for place, text in made_of_it.items():
        assert place.read_text("utf-8") == text, "`make results` writes both"


SERVER = {"Name": "Engine", "Version": "28.5.2"}
COLUMN = results.Column(
    "Docker 28.5, containerd store",
    [
        made(at("1.24", run(FAILED, WARNED, SEEN, server=SERVER))),
        made(at("1.44", run(PASSED, server=SERVER))),
    ],
    Baseline("file", (Entry(SHOULD.id, "because", link="https://example.test/1", sometimes=True),)),
)


def test_the_records_of_a_server_form_a_column() -> None:
    found = results.matrix([COLUMN], [MUST, SHOULD])
    [build] = found.builds
    failed, warned = found.cells

    assert (build.engine, build.version, build.store) == ("Docker", "28.5.2", "containerd")
    assert build.api_versions == ("1.24", "1.44")
    assert (failed.verdict, failed.departs_at) == (Verdict.FAIL, ("1.24",))
    assert failed.verdicts == {Verdict.FAIL: ("1.24",), Verdict.PASS: ("1.44",)}
    assert warned.verdicts == {Verdict.WARN: ("1.24",)}
    assert failed.finding.startswith("images are missing")
    assert "127.0.0.1:2375" in " ".join(failed.reproduce)
    assert (warned.sometimes, warned.reason) == (True, "because")
    assert matrix_file.loads(matrix_file.dumps(found).encode()) == found


def test_a_requirement_without_a_result_has_no_cell() -> None:
    assert results.cell(COLUMN, requirements()["LIST-ORDER"]) is None


def test_the_page_of_a_column_lists_its_departures() -> None:
    pages = results_pages.pages(results.matrix([COLUMN], [MUST, SHOULD]))
    [page] = [text for place, text in pages.items() if place != results_pages.PAGE]

    assert "**fails**](#list-must) at 1.24" in page
    assert "Why: because ([1](https://example.test/1))" in page
    assert results.unsaid(page, COLUMN.records[0]) == []
