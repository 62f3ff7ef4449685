"""Convert our OpenAPI 3.0 documents to OpenAPI 3.1, whose schemas are JSON Schema 2020-12.

The differences in 3.1: `nullable` becomes one more type, a schema's `example` becomes a list, and
JSON inside a string has its own keyword (`contentSchema`), for which our documents use
`x-content-schema`. Schemas of binary data are empty. The other features that our documents use are
the same.
"""

from collections.abc import Mapping
from typing import Any

VERSION = "3.1.1"
_NULL = "null"
# Members whose keys are names, and members that hold data.
_MAPS = frozenset({"properties", "parameters", "responses", "schemas", "headers", "examples"})
_DATA = frozenset({"example", "value", "enum", "default", "variables"})

Json = dict[str, Any]


def converted(document: Mapping[str, Any]) -> Json:
    """Return the same document as OpenAPI 3.1."""
    written: Json = _converted(document, is_schema=False)
    return {"openapi": VERSION, **{key: written[key] for key in written if key != "openapi"}}


def _converted(node: Any, *, is_schema: bool) -> Any:
    if isinstance(node, list):
        return [_converted(each, is_schema=is_schema) for each in node]
    if not isinstance(node, Mapping):
        return node
    plain = {key: _member(key, value, is_schema=is_schema) for key, value in node.items()}
    return _schema(plain) if is_schema else plain


def _member(key: str, value: Any, *, is_schema: bool) -> Any:
    if key in _DATA:
        return value
    if key in _MAPS and isinstance(value, Mapping):
        inner = key in {"properties", "schemas"}
        return {name: _converted(each, is_schema=inner) for name, each in value.items()}
    return _converted(value, is_schema=is_schema or key in {"schema", "x-content-schema"})


def _schema(schema: Json) -> Json:
    """Convert one schema, whose members are already converted."""
    if schema.get("format") == "binary":
        return {}
    if schema.pop("nullable", False):
        schema["type"] = [schema["type"], _NULL]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if "x-content-schema" in schema:
        schema["contentMediaType"] = "application/json"
        schema["contentSchema"] = schema.pop("x-content-schema")
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    return schema
