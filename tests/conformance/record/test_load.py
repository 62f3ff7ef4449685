from __future__ import annotations

import json
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.record.build import dumps
from muster.record.load import read
from tests.conformance.support.sample_records import SCENES


def test_a_written_record_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(dumps(SCENES["fails"]), "utf-8")
    assert read(file) == SCENES["fails"]


def test_unknown_members_of_a_record_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(json.loads(dumps(SCENES["fails"])) | {"weather": "fine"}), "utf-8")
    assert read(file) == SCENES["fails"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `format`"),
        (b'{"format": 2}', "Invalid enum value 2 - at `$.format`"),
        (b'{"format": 1, "target": 3}', "Expected `str`, got `int` - at `$.target`"),
        (b'{"format": 1, "target": "\xff"}', "it is not UTF-8"),
    ],
)
def test_an_invalid_record_is_reported(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(content)
    with pytest.raises(UsageError) as error:
        read(file)
    assert str(error.value).startswith(f"{file} is not a record of a run")
    assert told in str(error.value)


def test_a_missing_input_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        read(tmp_path / "run.json")
