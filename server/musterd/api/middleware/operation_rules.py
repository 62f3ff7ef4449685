"""Rules of Docker's daemons that Connexion does not implement.

Docker's clients expect 404 for a wrong method, query strings parsed like Go's, and bodies of any
media type (seen: Docker 1.11.2, 20.10.24 and 29.7).
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string as query
from musterd.contract import engines
from musterd.contract.document import Operation
from musterd.contract.engines import Engine
from musterd.contract.versions import ApiVersion


class OperationGuard:
    """Apply these rules to requests for a known operation.

    This comes between Connexion's routing and its validation.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        operations: Mapping[str, Mapping[str, Operation]],
        engine: Engine = engines.ANY,
    ) -> None:
        """Create the middleware.

        Args:
            app: The application for requests that conform to the rules.
            operations: The operations of each base path, by `operationId`.
            engine: Says which API versions are served.
        """
        self._app = app
        self._engine = engine
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            HTTPException: The operation has another method: the router accepts HEAD for GET.
            BadRequestError: The API version is not supported, or the query string is malformed.
        """
        await self._app(self._checked(scope), receive, send)

    def _checked(self, scope: Scope) -> Scope:
        routing = scope["extensions"]["connexion_routing"]
        document = self._operations.get(routing["api_base_path"], {})
        operation = document.get(routing["operation_id"])
        if operation is None or operation.method != scope["method"]:
            raise HTTPException(404)
        self._engine.check_served(_version(scope))
        parameters = _parameters(operation, scope["query_string"])
        return {
            **scope,
            # Connexion parses the query string again.
            "query_string": _encoded(operation, parameters, scope["query_string"]),
            "extensions": {**scope["extensions"], query.PARAMETERS: parameters},
            "headers": with_content_type(operation, scope["headers"]),
        }


def with_content_type(
    operation: Operation, headers: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Replace the client's media type by the operation's, as daemons ignore the client's."""
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
    """Encode the parameters as a query string, with all values of those that may be repeated."""
    values = {
        name: query.all_values(query_string, name) if name in operation.lists else value
        for name, value in parameters.items()
    }
    return urlencode(values, doseq=True).encode()
