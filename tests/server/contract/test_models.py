"""The generated models and protocols hold the server to the documents."""

import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

import muster_openapi
from musterd.api.long_reads import LongReadOperations
from musterd.api.reads import ReadOperations
from musterd.api.transfer.operations import TransferOperations
from musterd.api.writes import WriteOperations
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract import document as contract
from musterd.contract import models
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tools.server_stubs import pythonic

Ask = Callable[..., Any]

ROOT = Path(__file__).parents[3]

HANDLERS = (ReadOperations, LongReadOperations, WriteOperations, TransferOperations)


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_the_handlers_accept_every_documented_parameter(version: str) -> None:
    for name, operation in contract.operations(muster_openapi.document(version)).items():
        [handler] = [getattr(each, name) for each in HANDLERS if hasattr(each, name)]
        parameters = set(inspect.signature(handler).parameters)
        assert parameters >= set(map(pythonic, operation.parameters))


@pytest.fixture
def type_check(tmp_path: Path) -> Callable[[], str]:
    """Type-check a copy of the server, and return mypy's output."""
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
    "container_list": "GET /containers/json",
    "image_search": "GET /images/search?term=a",
    "image_history": "GET /images/playdate/history",
    "system_df": "GET /system/df",
    "image_prune": "POST /images/prune",
    "image_delete": "DELETE /images/playdate",
}


def model(schema: Any) -> Any:
    if schema.get("type") == "array":
        return list[model(schema["items"])]  # type: ignore[misc]
    return getattr(models, schema["$ref"].rpartition("/")[2])


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_every_response_matches_the_generated_models(
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
    # It has no attestations to list.
    assert answered.keys() - {"image_attestations"} <= REQUESTS.keys()

    for name, request in REQUESTS.items():
        if name not in answered:
            continue
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
