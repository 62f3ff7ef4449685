"""What happens to a request before and after Connexion routes it.

Docker's clients find the HTTP that they know: versions in the path, 404 for a wrong method, query
strings as Go reads them (seen: Docker 1.11.2, 20.10.24 and 29.7). Both classes are plain ASGI
middleware.
"""

import platform
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd import __version__
from musterd.api import query_string as query
from musterd.api import responses
from musterd.api.middleware import paths
from musterd.contract import rules, versions
from musterd.contract.document import Operation
from musterd.contract.rules import Rules
from musterd.contract.versions import NEWEST, ApiVersion
from musterd.storage import accounts

#: Where `musterd.access` tells whose images a request is about.
ACCOUNT = "musterd.account"

_SERVER = f"Muster/{__version__} ({platform.system().lower()})"


def base_path(document: str) -> str:
    """Return the path below which the document of this version is served."""
    return f"/v{document}"


def rules_of(scope: Scope) -> Rules:
    """Return the rules of a request's API version."""
    found: Rules = scope["extensions"]["connexion_context"]["rules"]
    return found


class VersionedPaths:
    """Sends each request to the document of its API version, and names the server in each answer.

    Stands outside everything else. Handlers find the version, its rules and the account
    as their arguments `version`, `rules` and `account`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        version, rest = paths.split_version(scope["path"])
        found = rules.at(version)
        path = base_path(versions.documented(version)) + rest
        app = _shortcut(scope, found) or self._app
        scope = {
            **scope,
            "path": path,
            "raw_path": quote(path).encode(),
            # Connexion hands what is in here to the handlers that have an argument of that name.
            "extensions": {
                "connexion_context": {
                    "version": version,
                    "rules": found,
                    "account": scope.get(ACCOUNT, accounts.DEFAULT),
                }
            },
        }
        await app(scope, receive, with_headers(send))


class OperationRules:
    """Holds requests that have found an operation to the rules that Connexion does not know.

    Stands between Connexion's routing and its validation.
    """

    def __init__(self, app: ASGIApp, *, operations: Mapping[str, Mapping[str, Operation]]) -> None:
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
        return {
            **scope,
            "query_string": _only(operation, scope["query_string"]),
            "headers": _with_content_type(operation, scope["headers"]),
        }


def _shortcut(scope: Scope, found: Rules) -> Response | None:
    """Return the answer to a request that no operation needs to see."""
    path: str = scope["path"]
    cleaned = paths.clean(path)
    if paths.is_malformed(scope.get("raw_path") or b""):
        return responses.bad_request()
    if scope["method"] == "OPTIONS" and path == "*":
        return Response()
    if cleaned != path:
        query_string = scope["query_string"].decode("latin-1")
        location = quote(cleaned) + (f"?{query_string}" if query_string else "")
        return Response(status_code=301, headers={"Location": location})
    if scope["method"] == "OPTIONS":
        return Response()
    return None if paths.may_exist(path) else responses.page_not_found(found)


def _version(scope: Scope) -> ApiVersion:
    version: ApiVersion = scope["extensions"]["connexion_context"]["version"]
    return version


def _only(operation: Operation, query_string: bytes) -> bytes:
    """Keep the first value of each parameter that the operation has, for Connexion to read."""
    if not operation.parameters:
        return b""
    values = query.first_values(query_string)
    known = {name: value for name, value in values.items() if name in operation.parameters}
    return urlencode(known).encode()


def _with_content_type(
    operation: Operation, headers: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Say that a body is what the operation takes: what the client says of it changes nothing."""
    kept = [pair for pair in headers if pair[0] != b"content-type"]
    if operation.media_type is not None:
        kept.append((b"content-type", operation.media_type.encode()))
    return kept


def with_headers(send: Send) -> Send:
    """Name the server in an answer, and tell browsers to do nothing with it."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Api-Version"] = str(NEWEST)
            headers["Server"] = _SERVER
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return send_with_headers
