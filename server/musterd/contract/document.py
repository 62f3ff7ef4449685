"""What the server needs to know of a document beyond what Connexion makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "trace"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document."""

    #: In upper case, as requests have it.
    method: str
    #: The names of the query parameters.
    parameters: frozenset[str]
    #: Those of them that may be repeated.
    lists: frozenset[str] = frozenset()
    #: The first media type that the document has for the request's body; None if there is none.
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
    """Return the names of the query parameters, and of those that may be repeated."""
    resolved = [_resolve(document, parameter) for parameter in parameters]
    found = {each["name"]: each["schema"] for each in resolved if each["in"] == "query"}
    lists = frozenset(name for name, schema in found.items() if schema["type"] == "array")
    return frozenset(found), lists


def _resolve(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference within the document, if *value* is one."""
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolve(document, found)
