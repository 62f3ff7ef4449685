"""The contract of every API version, as pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import muster_openapi
from muster_openapi import history
from tools.site.schema import described, resolve, type_of

Document = Mapping[str, Any]

METHODS = ("get", "head", "post", "delete")
KINDS = {"new": "New rules", "changed": "Changed rules", "gone": "Rules that are gone"}


def pages() -> dict[str, str]:
    """Return the page of each document and an index of them, by path."""
    versions = muster_openapi.VERSIONS
    changes = {each.version: each for each in history.changes(versions[0], versions[-1])}
    made = {
        f"contract/{version}.md": page(version, changes.get(version), _name(version))
        for version in versions
    }
    for version in versions:
        text = muster_openapi.text(version)
        made[f"contract/documents/v{version}.yaml"] = text
    return {**made, "contract/index.md": _index(changes)}


def _name(version: str) -> str:
    """Return the versions that a document describes: `1.30 and 1.31`, `1.32 to 1.39`."""
    order = muster_openapi.VERSIONS
    if version == order[-1]:
        last = muster_openapi.NEWEST
    else:
        major, minor = order[order.index(version) + 1].split(".")
        last = f"{major}.{int(minor) - 1}"
    return version if last == version else f"{version} to {last}"


def _index(changes: Mapping[str, history.Change]) -> str:
    rows = [
        f"| [{_name(version)}]({version}.md) | {_title(changes.get(version))} |"
        f" {_counts(changes.get(version))} |"
        for version in muster_openapi.VERSIONS
    ]
    return f"""# The contract

A document for each API version at which List Images changed; a version without one is the same as
the one before. [How the documents are made](documents.md), and which client generators work with
them. `muster openapi diff OLDER NEWER` prints the changes between any two.

| API version | Changes | Rules |
|---|---|---|
{chr(10).join(rows)}

```{{toctree}}
:hidden:

documents
```
"""


def _title(change: history.Change | None) -> str:
    return change.title if change else "The first version, from Hyper's documentation"


def _counts(change: history.Change | None) -> str:
    if change is None:
        return ""
    kinds = [rule.kind for rule in change.rules]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("new", "changed", "gone") if kind in kinds]
    return ", ".join(counts)


def page(version: str, change: history.Change | None, name: str) -> str:
    """Return the page of a document.

    Args:
        version: Its API version.
        change: What that version changed; None for the first one.
        name: The versions that it describes.
    """
    document = muster_openapi.document(version)
    return "\n".join(
        [
            "---\norphan: true\n---\n",
            f"# API {name}\n",
            f"[All versions](index.md) · [OpenAPI 3.0 document](path:documents/v{version}.yaml)\n",
            *_changed(change),
            _lowered(document["info"]["description"]),
            *(
                part
                for path, operations in document["paths"].items()
                for part in _path(document, path, operations)
            ),
            *_schemas(document),
        ]
    )


def _changed(change: history.Change | None) -> Iterator[str]:
    if change is None:
        return
    yield f"## {change.title}\n"
    yield "".join(f"- {reason}\n" for reason in change.reasons)
    for kind, title in KINDS.items():
        rules = [rule for rule in change.rules if rule.kind == kind]
        if rules:
            yield f"### {title}\n"
            yield "".join(f"- **`{rule.name}`** {rule.text}\n" for rule in rules)


def _lowered(text: str) -> str:
    """Return a description as it is: its headings have the second level already."""
    return f"## About this document\n\n{text}\n".replace("\n## Every", "\n### Every")


def _path(document: Document, path: str, operations: Mapping[str, Any]) -> Iterator[str]:
    for method in METHODS:
        operation = operations.get(method)
        if operation is None:
            continue
        yield f"## {method.upper()} {path}\n"
        yield f"{operation.get('description', operation.get('summary', ''))}\n"
        for parameter in (*operations.get("parameters", ()), *operation.get("parameters", ())):
            yield from _parameter(document, resolve(document, parameter))
        for status, response in operation["responses"].items():
            yield from _response(document, status, resolve(document, response))


def _parameter(document: Document, parameter: Mapping[str, Any]) -> Iterator[str]:
    where = parameter["in"]
    needed = ", required" if parameter.get("required") else ""
    kind = type_of(document, parameter.get("schema", {}))
    yield f"### {where.capitalize()} parameter {parameter['name']}\n"
    yield f"{kind}{needed}\n"
    yield f"{parameter.get('description', '')}\n"
    for example in parameter.get("examples", {}).values():
        shown = resolve(document, example)
        yield f"- {shown.get('summary', 'Example')}: `{shown['value']}`"
    yield ""


def _response(document: Document, status: str, response: Mapping[str, Any]) -> Iterator[str]:
    yield f"### Status {status}\n"
    yield f"{response['description']}\n"
    for media_type, content in response.get("content", {}).items():
        yield f"`{media_type}`: {type_of(document, content.get('schema', {}))}\n"
        for example in _examples(document, content):
            yield f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"


def _examples(document: Document, content: Mapping[str, Any]) -> Iterator[Any]:
    if "example" in content:
        yield content["example"]
    for example in content.get("examples", {}).values():
        yield resolve(document, example)["value"]


def _schemas(document: Document) -> Iterator[str]:
    yield "## Objects\n"
    for name, schema in document["components"]["schemas"].items():
        yield f"### {name}\n"
        yield from described(document, schema)
