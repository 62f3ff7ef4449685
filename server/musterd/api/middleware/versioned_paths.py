"""Route each request to the document of its API version."""

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import responses
from musterd.api.middleware import paths
from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion
from musterd.storage import accounts

_PING = "/_ping"


def base_path(document: str) -> str:
    """Return the base path of the document of this version."""
    return f"/v{document}"


class VersionedPaths:
    """Rewrite a request's path to that of its operation in a document.

    Handlers get the version, its rules and the account as the arguments `version`, `rules` and
    `account`.
    """

    def __init__(self, app: ASGIApp, engine: Engine = engines.ANY) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged.

        Raises:
            BadRequestError: It is a ping of a version that is not served.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        engine = self._engine
        version, rest = engine.split_version(scope["path"])
        found = engine.rules_at(version)
        path = base_path(engine.documented(version)) + rest
        app = _shortcut(scope, found) or self._pong(scope["method"], rest, version) or self._app
        scope = {
            **scope,
            "path": path,
            "raw_path": quote(path).encode(),
            # Connexion passes these to handlers that have an argument with that name.
            "extensions": {
                **scope.get("extensions", {}),
                "connexion_context": {
                    "version": version,
                    "rules": found,
                    "account": scope.get(accounts.SCOPE_KEY, accounts.DEFAULT),
                },
            },
        }
        await app(scope, receive, send)

    def _pong(self, method: str, path: str, version: ApiVersion) -> Response | None:
        """Return the response to a ping; None for any other request.

        A ping has no parameters to validate, and is what clients send while they wait for the
        server to start. It is answered without loading the document of its version.

        Raises:
            BadRequestError: The version is not served.
        """
        if path != _PING or method not in {"GET", "HEAD"}:
            return None
        if method == "HEAD" and not self._engine.answers_head:
            return responses.page_not_found(self._engine.rules_at(version))
        self._engine.check_served(version)
        return responses.pong()


def _shortcut(scope: Scope, found: Rules) -> Response | None:
    """Return the response to a request that needs no operation; None for any other."""
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
