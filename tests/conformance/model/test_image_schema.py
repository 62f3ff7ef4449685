from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

import muster_openapi
from muster.model.image_schema import image_schema
from tests.mutants.stand_in import image

REFERENCE = {"$ref": "#/components/schemas/Name"}


def converted(schema: dict[str, Any]) -> dict[str, Any]:
    schemas = {"ImageSummary": schema, "Name": {"type": "string", "nullable": True}}
    return image_schema({"components": {"schemas": schemas}})


def test_nullable_becomes_null_or_the_type_at_any_depth() -> None:
    nullable = {"type": "array", "items": {"type": "string", "nullable": True}, "nullable": True}
    schema = converted({"type": "object", "properties": {"a": nullable}, "required": ["a"]})
    null = {"type": "null"}
    items = {"anyOf": [{"type": "string"}, null]}
    assert schema["properties"]["a"] == {"anyOf": [{"type": "array", "items": items}, null]}
    assert schema["required"] == ["a"]


def test_nullable_false_is_dropped() -> None:
    schema = converted({"properties": {"a": {"type": "string", "nullable": False}}})
    assert schema["properties"]["a"] == {"type": "string"}


def test_references_resolve_to_converted_schemas() -> None:
    validator = Draft7Validator(converted({"properties": {"a": REFERENCE}}))
    assert validator.is_valid({"a": None})
    assert validator.is_valid({"a": "x"})
    assert not validator.is_valid({"a": 5})


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_the_contracts_schema_is_converted_without_changing_the_document(version: str) -> None:
    document = muster_openapi.document(version)
    schema = image_schema(document)
    Draft7Validator.check_schema(schema)
    assert document == muster_openapi.document(version)
    created = schema["properties"]["Created"] | {"components": schema["components"]}
    assert Draft7Validator(created).is_valid(1_451_606_400)
    assert not Draft7Validator(created).is_valid("today")


def test_an_image_of_a_daemon_matches_the_contracts_schema() -> None:
    validator = Draft7Validator(image_schema(muster_openapi.document("1.23")))
    assert list(validator.iter_errors(image("a", 1, RepoTags=["a:1"]))) == []
    assert not validator.is_valid(image("a", 1, RepoTags="a:1"))
