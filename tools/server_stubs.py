"""Write the server code derived from the documents.

server/musterd/contract/models.py has the objects in responses, and operations.py beside it the
methods that handlers must have. One server serves all versions, so both combine the documents of
all of them.

Usage: python -m tools.server_stubs [--check]
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import yaml
from connexion.decorators.parameter import pythonic

import muster_openapi

FOLDER = Path(__file__).resolve().parent.parent / "server" / "musterd" / "contract"
_HEADER = "# Written by `make stubs` from the documents in openapi/. Change those, not this."
_MODELS_HEADER = f'''{_HEADER}
# ruff: noqa: D101
"""The objects that answers consist of, over all API versions."""
'''
_CODEGEN = (
    *("--input-file-type", "openapi", "--openapi-scopes", "schemas", "--strict-nullable"),
    *("--output-model-type", "msgspec.Struct", "--target-python-version", "3.11"),
    *("--snake-case-field", "--keyword-only", "--use-standard-collections"),
    *("--use-union-operator", "--disable-timestamp", "--formatters", "builtin"),
    *("--ignore-pyproject", "--custom-file-header", _MODELS_HEADER),
)
# The generator writes an optional field that may also be null as if absent meant null.
_ABSENT_AS_NULL = re.compile(r"\| None(\s*\)?\s*=\s*(?:field\([^()]*default=)?)None")
# The only ones whose responses vary by version in more than their parameters and errors.
_VERSIONED = frozenset(
    {
        "container_list",
        "image_create",
        "image_delete",
        "image_history",
        "image_inspect",
        "image_list",
        "image_prune",
        "image_push",
        "image_tag",
        "system_df",
        "system_events",
        "image_search",
    }
)
# The only reading ones that take long enough to be cancelled with the client.
_LONG = frozenset({"system_df", "system_events"})
# The only ones that ask a registry.
_TRANSFERS = frozenset({"image_create", "image_push"})
# The only ones that do not concern images, and so need no owner.
_ABOUT_THE_SERVER = frozenset({"container_list", "image_search", "ping", "ping_head", "version"})
_READING = ("get", "head")
_TYPES = {"string": "str"}

Json = dict[str, Any]


@dataclass
class Operation:
    """An operation with the features of all versions."""

    method: str
    summary: str
    #: The parameters of the methods, by name.
    parameters: dict[str, str] = field(default_factory=dict)


def merged(older: Json, newer: Json) -> Json:
    """Return a schema that covers both schemas, as far as models distinguish them."""
    schema = {**older, **newer}
    if older.get("nullable"):
        schema["nullable"] = True
    if "properties" in older and "properties" in newer:
        schema["required"] = [
            name for name in older.get("required", ()) if name in newer.get("required", ())
        ]
        schema["properties"] = _merged_members(older["properties"], newer["properties"])
    return schema


def _merged_members(older: Json, newer: Json) -> Json:
    both = {name: merged(older[name], newer[name]) for name in older if name in newer}
    return {**older, **newer, **both}


def _bare(value: Any) -> Any:
    """Remove the descriptions, which belong in the documents."""
    if isinstance(value, dict):
        return {
            key: _bare(each)
            for key, each in value.items()
            if not (key == "description" and isinstance(each, str))
        }
    return [_bare(each) for each in value] if isinstance(value, list) else value


def models(documents: Sequence[Json]) -> str:
    """Return the module of the objects in the documents, oldest first."""
    objects = (
        {
            name: _bare(schema)
            for name, schema in document["components"]["schemas"].items()
            if schema["type"] == "object"
        }
        for document in documents
    )
    together = {
        "openapi": "3.0.3",
        "info": {"title": "", "version": ""},
        "paths": {},
        "components": {"schemas": reduce(_merged_members, objects)},
    }
    made = _run(["datamodel_code_generator", *_CODEGEN], yaml.safe_dump(together, sort_keys=False))
    made = made.replace("| None | UnsetType", "| UnsetType | None")
    return _formatted(_ABSENT_AS_NULL.sub(r"| UnsetType | None\1UNSET", made), "models.py")


def operations(documents: Sequence[Json]) -> str:
    """Return the module of the methods that the documents, oldest first, require."""
    found: dict[str, Operation] = {}
    for document in documents:
        for name, method, operation in _operations(document):
            known = found.setdefault(name, Operation(method, operation["summary"]))
            for reference in operation.get("parameters", ()):
                parameter = _resolved(document, reference)
                if parameter["in"] == "header":
                    # Connexion passes no headers.
                    continue
                default = "" if parameter.get("required") else " = ..."
                kind = _kind(parameter["schema"])
                known.parameters[pythonic(parameter["name"])] = f"{kind}{default}"
    text = f'''{_HEADER}
"""The methods that handlers must have: one an operation, with the parameters of all versions."""

from collections.abc import Sequence
from typing import Protocol

from starlette.responses import Response

from musterd.contract.rules import Rules
'''
    reads = {name: each for name, each in found.items() if each.method in _READING}
    writes = {name: each for name, each in found.items() if name not in reads}
    long = {name: reads.pop(name) for name in sorted(_LONG & reads.keys())}
    transfers = {name: writes.pop(name) for name in sorted(_TRANSFERS & writes.keys())}
    text += _protocol("Reads", "The read-only operations.", "def", reads)
    text += _protocol("LongReads", "Those that may take long.", "async def", long)
    text += _protocol("Writes", "The operations that change the catalogue.", "async def", writes)
    text += _protocol("Transfers", "Those that ask a registry.", "async def", transfers)
    return _formatted(text, "operations.py")


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path in document["paths"].values():
        for method, operation in path.items():
            yield operation["operationId"], method, operation


def _resolved(document: Json, reference: Json) -> Json:
    resolved: Json = document["components"]["parameters"][reference["$ref"].rpartition("/")[2]]
    return resolved


def _kind(schema: Json) -> str:
    if schema["type"] == "array":
        return f"Sequence[{_kind(schema['items'])}]"
    return _TYPES[schema["type"]]


def _protocol(name: str, about: str, define: str, found: Mapping[str, Operation]) -> str:
    lines = ["", "", f"class {name}(Protocol):", f'    """{about}"""']
    for operation_id, operation in found.items():
        parameters = {} if operation_id in _ABOUT_THE_SERVER else {"account": "str"}
        parameters |= {"rules": "Rules"} if operation_id in _VERSIONED else {}
        parameters |= operation.parameters
        listed = "".join(f", {each}: {kind}" for each, kind in parameters.items())
        arguments = f"self, *{listed}" if listed else "self"
        lines += ["", f"    {define} {operation_id}({arguments}) -> Response:"]
        lines += [f'        """{operation.summary}."""', "        ..."]
    return "\n".join([*lines, ""])


def _formatted(text: str, name: str) -> str:
    return _run(["ruff", "format", "--stdin-filename", str(FOLDER / name), "-"], text)


def _run(module: Sequence[str], text: str) -> str:
    command = [sys.executable, "-m", *module]
    return subprocess.run(  # noqa: S603  # nothing in it is from outside
        command, input=text, stdout=subprocess.PIPE, check=True, encoding="utf-8"
    ).stdout


def files() -> dict[str, str]:
    """Return the text of every file to write, by its name."""
    served = [muster_openapi.document(version) for version in muster_openapi.VERSIONS]
    client = [muster_openapi.document(version, "client") for version in muster_openapi.VERSIONS]
    return {"models.py": models(client), "operations.py": operations(served)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files or, with ``--check``, list the ones that are out of date."""
    parser = argparse.ArgumentParser(description="Write the stubs of the server.")
    parser.add_argument("--check", action="store_true", help="only say which are out of date")
    check = parser.parse_args(arguments).check
    outdated = False
    for name, text in files().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        outdated = True
        sys.stderr.write(f"{'out of date' if check else 'written'}: {name}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
