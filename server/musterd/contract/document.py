"""Facts about a contract document that the server needs and Connexion does not expose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "trace"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document.

    Attributes:
        method: The HTTP method, in upper case.
        parameters: The names of the query parameters.
        lists: The names of the query parameters that may be repeated.
        media_type: The first media type of the request body; None if the operation takes no body.
    """

    method: str
    parameters: frozenset[str]
    lists: frozenset[str] = frozenset()
    media_type: str | None = None


def operations(document: Mapping[str, Any]) -> dict[str, Operation]:
    """Return the document's operations by `operationId`."""
    return {
        operation["operationId"]: Operation(
            method.upper(),
            *_query_parameters(document, operation.get("parameters", ())),
            next(iter(operation.get("requestBody", {}).get("content", ())), None),
        )
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in _METHODS
    }


def _query_parameters(
    document: Mapping[str, Any], parameters: Any
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all query parameters, and of those that may be repeated."""
    resolved = [_resolve(document, parameter) for parameter in parameters]
    found = {each["name"]: each["schema"] for each in resolved if each["in"] == "query"}
    lists = frozenset(name for name, schema in found.items() if schema["type"] == "array")
    return frozenset(found), lists


def _resolve(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Resolve *value* if it is a reference within the document."""
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolve(document, found)
