"""Extracts the schema of an image from the contract's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def image_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one image of a listing, as JSON Schema.

    OpenAPI 3.0 differs from JSON Schema in `nullable` and in references into the document.
    """
    schemas = document["components"]["schemas"]
    schema: dict[str, Any] = _as_json_schema(schemas["ImageSummary"])
    schema["components"] = {"schemas": _as_json_schema(schemas)}
    return schema


def _as_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    plain = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain
