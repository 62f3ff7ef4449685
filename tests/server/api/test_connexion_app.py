"""Connexion for one document, without its own validation of the document."""

from typing import Any

import pytest
from connexion.spec import OpenAPISpecification

import muster_openapi
from musterd.api import connexion_app
from musterd.errors import ServeError


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_every_document_passes_the_validation_the_server_skips(version: str) -> None:
    specification = OpenAPISpecification(muster_openapi.document(version))
    assert specification["info"]["version"] == version


def test_an_operation_without_a_handler_is_reported() -> None:
    def find(operation: str) -> Any:
        return None if operation == "ping" else print

    with pytest.raises(ServeError, match=r"^operations without a handler: ping$"):
        connexion_app.build(muster_openapi.document("1.23"), "/v1.23", find)
