from __future__ import annotations

import json
from importlib import resources

import jsonschema
import msgspec
import pytest

from muster.record import matrix_file
from tests.conformance.support.matrices import of_engines, of_runs

SCHEMA = json.loads(
    resources.files("muster.record").joinpath("matrix.schema.json").read_text("utf-8")
)


@pytest.mark.parametrize("matrix", [of_runs(), of_engines()])
def test_a_matrix_is_read_back_and_matches_the_schema(matrix: object) -> None:
    text = matrix_file.dumps(matrix)  # type: ignore[arg-type]

    assert matrix_file.loads(text.encode()) == matrix
    jsonschema.validate(json.loads(text), SCHEMA, jsonschema.Draft202012Validator)


def test_each_cell_is_on_its_own_line() -> None:
    lines = matrix_file.dumps(of_engines()).splitlines()

    assert sum('"verdict"' in line for line in lines) == len(of_engines().cells)


def test_an_invalid_matrix_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        matrix_file.loads(b'{"format": 1}')
