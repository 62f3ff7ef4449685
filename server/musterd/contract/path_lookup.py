"""Find the operation of a document that a method and a path belong to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import muster_openapi
from musterd.contract import document as contract

_PARAMETER = re.compile(r"\\{[^}]*\\}")


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """An operation of a document, and where it is.

    Attributes:
        operation_id: Its `operationId`.
        method: The HTTP method, in upper case.
        path: Matches its paths. A name of an image may contain slashes.
        parameters: The names of the query parameters.
        lists: The names of those that may be repeated.
    """

    operation_id: str
    method: str
    path: re.Pattern[str]
    parameters: frozenset[str]
    lists: frozenset[str]


def find(document: str, method: str, path: str) -> KnownOperation | None:
    """Return the operation of the document of this version; None if there is none."""
    return next(
        (
            operation
            for operation in _operations(document).values()
            if operation.method == method and operation.path.fullmatch(path)
        ),
        None,
    )


def parameters(document: str, operation_id: str) -> frozenset[str]:
    """Return the query parameters of an operation; none if the document lacks it."""
    operation = _operations(document).get(operation_id)
    return frozenset() if operation is None else operation.parameters


@cache
def _operations(version: str) -> Mapping[str, KnownOperation]:
    """Return the operations of a document, those with fixed paths first."""
    document = muster_openapi.document(version)
    known = contract.operations(document)
    return {
        operation["operationId"]: KnownOperation(
            operation["operationId"],
            known[operation["operationId"]].method,
            re.compile(_PARAMETER.sub(".+", re.escape(path)), re.DOTALL),
            known[operation["operationId"]].parameters,
            known[operation["operationId"]].lists,
        )
        for path in sorted(document["paths"], key=lambda path: path.count("{"))
        for operation in document["paths"][path].values()
        if isinstance(operation, dict) and "operationId" in operation
    }
