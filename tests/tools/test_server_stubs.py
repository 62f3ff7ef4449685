"""The models and protocols that the tool writes follow from the documents."""

import subprocess
import sys
from pathlib import Path

import pytest

import muster_openapi
from tools import server_stubs as tool

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    files: dict[str, str] = tool.files()
    return files


def test_the_generated_files_are_up_to_date(wanted: dict[str, str]) -> None:
    assert {
        name: (ROOT / "server" / "musterd" / "contract" / name).read_text(encoding="utf-8")
        for name in wanted
    } == wanted


def test_drift_is_found_and_fixed(
    wanted: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr(tool, "files", lambda: wanted)
    (tmp_path / "models.py").write_text("edited", encoding="utf-8")

    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().err == "out of date: models.py\nout of date: operations.py\n"
    assert tool.main([]) == 0
    assert capsys.readouterr().err == "written: models.py\nwritten: operations.py\n"
    assert tool.main(["--check"]) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == wanted


def test_the_tool_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "tools.server_stubs", "--check"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_merged_model_requires_common_fields_and_allows_any_null() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    older = {
        "required": ["a", "b"],
        "properties": {"a": text, "b": {**text, "nullable": True}, "old": number},
    }
    newer = {"required": ["a", "b", "new"], "properties": {"a": text, "b": text, "new": number}}
    assert tool.merged(older, newer) == {
        "required": ["a", "b"],
        "properties": {"a": text, "b": {**text, "nullable": True}, "old": number, "new": number},
    }


def test_an_optional_nullable_field_distinguishes_absent_from_null() -> None:
    schema = {"type": "object", "properties": {"A": {"type": "string", "nullable": True}}}
    schema["properties"]["b"] = schema["properties"]["A"]
    made = tool.models([{"components": {"schemas": {"Thing": schema}}}])
    assert 'a: str | UnsetType | None = field(name="A", default=UNSET)' in made
    assert "b: str | UnsetType | None = UNSET" in made


def test_new_operations_and_parameters_are_added_to_the_protocol() -> None:
    document = muster_openapi.document("1.23")
    document["components"]["parameters"]["new"] = {
        "name": "type",
        "in": "query",
        "schema": {"type": "string"},
    }
    reference = {"$ref": "#/components/parameters/new"}
    operation = {"operationId": "prune", "summary": "Prune images", "parameters": [reference]}
    document["paths"]["/images/prune"] = {"post": operation}
    define = "async def prune(self, *, account: str, type_: str = ...) -> Response:"
    assert f'{define}\n        """Prune images."""' in tool.operations([document])
