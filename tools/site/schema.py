"""Schemas of the contract, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]


def resolve(document: Document, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what *node* refers to, or *node* itself if it is no reference."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def type_of(document: Document, schema: Mapping[str, Any]) -> str:
    """Return the type of *schema* in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for combined, word in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if combined in schema:
            return word.join(type_of(document, each) for each in schema[combined])
    kind = str(schema.get("type", "any value"))
    if kind == "array":
        kind = f"array of {type_of(document, schema.get('items', {}))}"
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        kind = f"object of {type_of(document, schema['additionalProperties'])}"
    if schema.get("nullable"):
        kind += " or null"
    if "enum" in schema:
        kind += f", one of {', '.join(f'`{each}`' for each in schema['enum'])}"
    return kind


def described(document: Document, schema: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield the description of *schema* and of each of its members, as a nested list."""
    indent = "  " * depth
    if depth == 0:
        yield f"{schema.get('description', type_of(document, schema))}\n"
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        optional = "" if name in required else ", optional"
        yield f"{indent}- **{name}**: {type_of(document, member)}{optional}\n"
        text = member.get("description", "")
        yield "".join(f"{indent}  {line}\n" if line else "\n" for line in text.splitlines())
        inner = member.get("items", member)
        if "$ref" not in inner:
            yield from described(document, inner, depth + 1)
    if depth == 0:
        yield ""
