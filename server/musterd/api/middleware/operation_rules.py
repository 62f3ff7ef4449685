"""Rules of Docker's daemons that Connexion does not know.

Docker's clients find the HTTP that they know: 404 for a wrong method, query strings as Go reads
them, bodies whatever their media type (seen: Docker 1.11.2, 20.10.24 and 29.7).
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string as query
from musterd.contract import versions
from musterd.contract.document import Operation
from musterd.contract.versions import ApiVersion


class OperationGuard:
    """Holds requests that have found an operation to these rules.

    Stands between Connexion's routing and its validation.
    """

    def __init__(self, app: ASGIApp, *, operations: Mapping[str, Mapping[str, Operation]]) -> None:
        """Take the operations of each base path by their Ids."""
        self._app = app
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP goes through untouched.

        Raises:
            HTTPException: The operation has another method: the router takes HEAD for GET.
            BadRequestError: The API version is not served, or the query string is malformed.
        """
        if scope["type"] == "http":
            scope = self._checked(scope)
        await self._app(scope, receive, send)

    def _checked(self, scope: Scope) -> Scope:
        routing = scope["extensions"]["connexion_routing"]
        document = self._operations.get(routing["api_base_path"], {})
        operation = document.get(routing["operation_id"])
        if operation is None or operation.method != scope["method"]:
            raise HTTPException(404)
        versions.check_served(_version(scope))
        parameters = _parameters(operation, scope["query_string"])
        return {
            **scope,
            # For Connexion, which reads it anew.
            "query_string": _encoded(operation, parameters, scope["query_string"]),
            "extensions": {**scope["extensions"], query.PARAMETERS: parameters},
            "headers": with_content_type(operation, scope["headers"]),
        }


def with_content_type(
    operation: Operation, headers: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Say that a body is what the operation takes: what the client says of it changes nothing."""
    kept = [pair for pair in headers if pair[0] != b"content-type"]
    if operation.media_type is not None:
        kept.append((b"content-type", operation.media_type.encode()))
    return kept


def _version(scope: Scope) -> ApiVersion:
    version: ApiVersion = scope["extensions"]["connexion_context"]["version"]
    return version


def _parameters(operation: Operation, query_string: bytes) -> dict[str, str]:
    """Return the first value of each parameter that the operation has."""
    if not operation.parameters:
        return {}
    values = query.first_values(query_string)
    return {name: value for name, value in values.items() if name in operation.parameters}


def _encoded(operation: Operation, parameters: Mapping[str, str], query_string: bytes) -> bytes:
    """Write the parameters as a query, each value of those that may be repeated among them."""
    values = {
        name: query.all_values(query_string, name) if name in operation.lists else value
        for name, value in parameters.items()
    }
    return urlencode(values, doseq=True).encode()
