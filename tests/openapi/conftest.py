"""Fixtures of the contract's tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

import muster_openapi

Errors = Callable[[dict[str, Any], str, Any], list[ValidationError]]


@pytest.fixture(params=muster_openapi.VERSIONS)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each document."""
    return muster_openapi.document(request.param)


@pytest.fixture(scope="session")
def v1_23() -> dict[str, Any]:
    """Return the seed's document; do not change it."""
    return muster_openapi.document("1.23")


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder with the seed and the recordings."""
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def errors() -> Errors:
    """List what is wrong with a value by the schema at a JSON pointer into a document."""

    def errors(document: dict[str, Any], pointer: str, value: Any) -> list[ValidationError]:
        registry = Registry().with_resource("urn:document", DRAFT4.create_resource(document))
        schema = {"$ref": f"urn:document#{pointer}"}
        validator = OAS30Validator(schema, registry=registry, format_checker=oas30_format_checker)
        return list(validator.iter_errors(value))

    return errors
