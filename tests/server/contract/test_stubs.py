"""The generated models and protocols follow from the documents, and hold the server to them."""

import importlib.util
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import muster_openapi
from musterd.api.reads import ReadOperations
from musterd.api.writes import WriteOperations
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract import document as contract
from musterd.contract import models
from musterd.storage import catalogue
from musterd.storage.store import ImageStore

Ask = Callable[..., Any]

ROOT = Path(__file__).parents[3]


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stubs", ROOT / "tools" / "stubs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules["stubs"] = module
    spec.loader.exec_module(module)
    return module


tool = load_tool()


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    files: dict[str, str] = tool.files()
    return files


def test_the_generated_files_are_up_to_date(wanted: dict[str, str]) -> None:
    assert {
        name: (ROOT / "server" / "musterd" / "contract" / name).read_text(encoding="utf-8")
        for name in wanted
    } == wanted


def test_drift_is_found_and_mended(
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


def test_the_tool_runs_by_itself() -> None:
    command = [sys.executable, ROOT / "tools" / "stubs.py", "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_requires_what_all_versions_require_and_takes_null_if_any_does() -> None:
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


def test_a_field_that_may_be_absent_or_null_tells_the_two_apart() -> None:
    schema = {"type": "object", "properties": {"A": {"type": "string", "nullable": True}}}
    schema["properties"]["b"] = schema["properties"]["A"]
    made = tool.models([{"components": {"schemas": {"Thing": schema}}}])
    assert 'a: str | UnsetType | None = field(name="A", default=UNSET)' in made
    assert "b: str | UnsetType | None = UNSET" in made


def test_a_new_operation_or_parameter_becomes_part_of_the_protocol() -> None:
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


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_the_handlers_take_every_parameter_of_the_documents(version: str) -> None:
    for name, operation in contract.operations(muster_openapi.document(version)).items():
        handler = getattr(ReadOperations, name, None) or getattr(WriteOperations, name)
        parameters = set(inspect.signature(handler).parameters)
        assert parameters >= set(map(tool.pythonic, operation.parameters))


@pytest.fixture
def type_check(tmp_path: Path) -> Callable[[], str]:
    """Type-check a copy of the server, and give what mypy says."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "server" / "musterd", tmp_path / "server" / "musterd")
    shutil.copytree(ROOT / "openapi", tmp_path / "tools" / "typings" / "muster_openapi")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull]

    def check() -> str:
        done = subprocess.run(
            [*command, "server/musterd/app.py"],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        return done.stdout

    return check


def test_mypy_refuses_handlers_that_lack_an_operation_or_a_parameter(
    type_check: Callable[[], str], tmp_path: Path
) -> None:
    for name, whole, faulty in (
        ("api/reads", '        identity: str = "",\n', ""),
        ("api/reads", "def info(", "def information("),
        ("api/writes", 'noprune: str = ""', 'no_prune: str = ""'),
    ):
        path = tmp_path / "server" / "musterd" / f"{name}.py"
        text = path.read_text(encoding="utf-8")
        assert text.count(whole) == 1
        path.write_text(text.replace(whole, faulty), encoding="utf-8")

    said = type_check()

    assert '(expression has type "ReadOperations", variable has type "Reads")' in said
    assert '"ReadOperations" is missing following "Reads" protocol member:' in said
    assert "def image_list(" in said
    assert '(expression has type "WriteOperations", variable has type "Writes")' in said
    assert "def image_delete(" in said


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[ImageStore, Any]]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        yield store, create_app(store)


REQUESTS = {
    "image_list": "GET /images/json?all=1&digests=1",
    "image_inspect": "GET /images/playdate/json",
    "version": "GET /version",
    "info": "GET /info",
    "image_delete": "DELETE /images/playdate",
}


def model(schema: Any) -> Any:
    if schema.get("type") == "array":
        return list[model(schema["items"])]  # type: ignore[misc]
    return getattr(models, schema["$ref"].rpartition("/")[2])


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_every_answer_of_the_server_is_what_the_models_describe(
    opened: tuple[ImageStore, Any], ask_app: Ask, data: Path, version: str
) -> None:
    store, app = opened
    store.put(listing_json.parse((data / "seed.json").read_bytes(), "seed.json"))
    document = muster_openapi.document(version)
    answered = {}
    for operation in (each for path in document["paths"].values() for each in path.values()):
        content = operation["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            answered[operation["operationId"]] = model(schema)
    assert answered.keys() == REQUESTS.keys()

    for name, request in REQUESTS.items():
        method, _, target = request.partition(" ")
        answer = ask_app(app, f"/v{version}{target}", method)
        assert answer.status == 200
        decoded = msgspec.json.decode(answer.body, type=answered[name])
        if name in {"image_list", "image_delete"}:
            assert msgspec.to_builtins(decoded) == answer.json
    answer = ask_app(app, f"/v{version}/images/nosuch/json")
    assert answer.status == 404
    if version != "1.23":
        error = msgspec.json.decode(answer.body, type=models.ErrorResponse)
        assert error.message.endswith("No such image: nosuch:latest")
