"""The documents in OpenAPI 3.1 accept and refuse what those in 3.0 do."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import muster_openapi
from muster_openapi import NoSuchDocument
from tools import openapi_3_1

from .test_real_daemons import RECORDINGS

SUMMARY = "/components/schemas/ImageSummary"


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
@pytest.mark.parametrize("shape", ["served", "client"])
def test_a_document_is_valid_openapi_3_1(version: str, shape: muster_openapi.Shape) -> None:
    document = muster_openapi.document(version, shape, "3.1")

    assert document["openapi"] == "3.1.1"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert "nullable" not in muster_openapi.text(version, shape, dialect="3.1")


def test_the_fuzz_shape_does_not_exist_in_3_1() -> None:
    with pytest.raises(NoSuchDocument, match=r"'fuzz' as OpenAPI 3\.1, only as 3\.0"):
        muster_openapi.text("1.23", "fuzz", dialect="3.1")


def faults(document: dict[str, Any], image: Any) -> set[str]:
    """Where an image does not fit the 3.1 document."""
    registry = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    validator = Draft202012Validator({"$ref": f"urn:document#{SUMMARY}"}, registry=registry)
    return {str(list(error.path)) for error in validator.iter_errors(image)}


@pytest.mark.parametrize("server", RECORDINGS)
@pytest.mark.parametrize("change", [{}, {"Created": "now"}, {"RepoTags": None}, {"Labels": None}])
def test_both_dialects_accept_the_same_images(
    server: str, change: dict[str, Any], errors: Any
) -> None:
    for versions, image in RECORDINGS[server]["images"][::7]:
        version = max(muster_openapi.OLDEST, versions[-1])
        older, newer = (muster_openapi.document(version, "served", each) for each in ("3.0", "3.1"))
        in_older = {str(list(each.path)) for each in errors(older, SUMMARY, image | change)}

        assert faults(newer, image | change) == in_older


def test_json_in_a_string_uses_json_schema_keywords() -> None:
    parameters = muster_openapi.document("1.44", dialect="3.1")["components"]["parameters"]

    assert parameters["filters"]["schema"] == {
        "type": "string",
        "format": "docker-filters",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/Filters"},
    }


def test_nullable_and_example_are_converted_to_3_1() -> None:
    schemas = {
        "A": {"type": "string", "nullable": True, "enum": ["a"], "example": "a"},
        "B": {"type": "object", "properties": {"nullable": {"type": "string", "nullable": False}}},
        "C": {"type": "string", "format": "binary"},
    }
    document = {"openapi": "3.0.3", "components": {"schemas": schemas}}

    assert openapi_3_1.converted(document) == {
        "openapi": "3.1.1",
        "components": {
            "schemas": {
                "A": {"type": ["string", "null"], "enum": ["a", None], "examples": ["a"]},
                "B": {"type": "object", "properties": {"nullable": {"type": "string"}}},
                "C": {},
            }
        },
    }
