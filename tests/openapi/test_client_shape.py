"""The documents for client generators describe the same requests and answers."""

from collections.abc import Iterator
from typing import Any

import pytest

import muster_openapi

METHODS = {"get", "head", "post", "delete"}
# What the shape leaves out: what is checked of values, and what explains `filters` from within.
CHECKS = {
    *("format", "maxItems", "minLength", "minimum", "pattern", "uniqueItems", "x-content-schema"),
}
KEPT_FORMATS = {"int64", "binary"}


@pytest.fixture(params=muster_openapi.VERSIONS)
def pair(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """One version's document in both shapes."""
    return (
        muster_openapi.document(request.param, "served"),
        muster_openapi.document(request.param, "client"),
    )


def resolved(document: dict[str, Any], node: Any) -> Any:
    """Return a part of a document with all references resolved."""
    if isinstance(node, dict):
        if "$ref" in node:
            found: Any = document
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            return resolved(document, found)
        return {key: resolved(document, member) for key, member in node.items()}
    if isinstance(node, list):
        return [resolved(document, member) for member in node]
    return node


def loosened(node: Any) -> Any:
    """Return the schema without the keywords that only check values."""
    if isinstance(node, dict):
        return {
            key: loosened(member)
            for key, member in node.items()
            if key not in CHECKS
            or isinstance(member, dict)
            or (key == "format" and member in KEPT_FORMATS)
        }
    if isinstance(node, list):
        return [loosened(member) for member in node]
    return node


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield path, method, resolved(document, operation)


def parameters(document: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", []):
            where = (path, method, parameter["in"], parameter["name"])
            yield (*where, parameter.get("required", False)), parameter


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for member in node.values():
            yield from schemas(member)
    elif isinstance(node, list):
        for member in node:
            yield from schemas(member)


def test_both_shapes_have_the_same_operations(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    served, client = (
        [(path, method, each["operationId"]) for path, method, each in operations(document)]
        for document in pair
    )

    assert len({operation_id for *_, operation_id in served}) == len(served) > 10
    assert client == served
    assert pair[1]["servers"] == pair[0]["servers"]


def test_both_shapes_have_the_same_parameters(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    served, client = ([where for where, _ in parameters(document)] for document in pair)

    assert ("/images/json", "get", "query", "filters", False) in served
    assert client == served


def test_only_boolean_parameters_are_booleans_for_clients(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    served, client = (dict(parameters(document)) for document in pair)

    assert any(each.get("x-boolean") for each in served.values())
    for where, parameter in served.items():
        schema = parameter["schema"]
        expected: dict[str, Any] = {"type": "boolean" if parameter.get("x-boolean") else "string"}
        if schema["type"] == "array":
            schema, expected = schema["items"], {"type": "array", "items": expected}
        assert (schema["type"], client[where]["schema"]) == ("string", expected)
        assert client[where]["description"] == parameter["description"]


def bodies(document: dict[str, Any]) -> list[list[Any]]:
    return [
        [path, method, operation.get("requestBody"), operation["responses"]]
        for path, method, operation in operations(document)
    ]


def in_one_form(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body as any bytes or as text, if it has such a form; without one if it has none."""
    content = body.get("content", {})
    one = next((each for each in ("application/octet-stream", "text/plain") if each in content), "")
    left = {one: content[one]} if one else content
    rest = {key: value for key, value in body.items() if key != "content"}
    return rest | {"content": left} if any(left.values()) else rest


def test_both_have_the_same_bodies_but_generators_one_form_of_each(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    served, client = map(bodies, pair)

    assert loosened(client) == client
    assert client == [
        [
            path,
            method,
            request and in_one_form(request),
            {status: in_one_form(response) for status, response in responses.items()},
        ]
        for path, method, request, responses in loosened(served)
    ]


def test_generators_meet_no_choice_of_media_types(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    for _, _, request, responses in bodies(pair[1]):
        for body in filter(None, (request, *responses.values())):
            assert len(body.get("content", "1")) == 1


def test_every_object_allows_additional_properties(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    objects = [
        schema for schema in schemas(resolved(pair[1], pair[1])) if schema["type"] == "object"
    ]

    assert len(objects) > 5
    # What is an object for the sake of its null only has its members from elsewhere.
    assert [
        schema
        for schema in objects
        if not ("allOf" in schema or schema.get("additionalProperties"))
    ] == []


def test_schemas_have_no_defaults(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert [schema for schema in schemas(pair[1]) if "default" in schema] == []


def test_no_parameter_has_content(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert [where for where, parameter in parameters(pair[1]) if "content" in parameter] == []
