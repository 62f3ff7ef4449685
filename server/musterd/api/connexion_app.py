"""Connexion for the document of one API version, without what the tests have done already.

Connexion validates a document once for each of its middlewares, which takes longer than all else
that happens at start-up. The tests validate every document instead.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connexion.apps.asynchronous import AsyncASGIApp
from connexion.exceptions import BadRequestProblem
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.main import API, ConnexionMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.spec import OpenAPISpecification
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api.middleware.operation_rules import OperationGuard
from musterd.api.middleware.parameters import CachedParameterValidator, RepeatedParameterParser
from musterd.contract import document as contract
from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.errors import BadRequestError, ServeError

Middleware = Callable[[ASGIApp], ASGIApp]


def build(
    document: Mapping[str, Any],
    base_path: str,
    find: Callable[[str], Callable[..., Any] | None],
    behind_validation: Sequence[Middleware] = (),
    engine: Engine = engines.ANY,
) -> ASGIApp:
    """Build the application for the document of one API version.

    It omits those parts of Connexion's middleware that would serve further paths, answer errors in
    Connexion's format, or have nothing to check.

    Args:
        document: A valid document.
        base_path: What the paths of requests begin with.
        find: Returns the handler of an operation by its `operationId`.
        behind_validation: Middleware for requests that conform to the document.
        engine: Says which API versions are served.

    Raises:
        ServeError: The document has an operation without a handler.
    """
    operations = {base_path: contract.operations(document)}
    # Connexion would notice at the first request for such an operation.
    if missing := [name for name in sorted(operations[base_path]) if find(name) is None]:
        raise ServeError(f"operations without a handler: {', '.join(missing)}")
    app: Any = ConnexionMiddleware(
        AsyncASGIApp(),
        import_name=__name__,
        middlewares=[
            _Refusals,
            _ExactRouting,
            lambda app: OperationGuard(app, operations=operations, engine=engine),
            RequestValidationMiddleware,
            *behind_validation,
            ContextMiddleware,
        ],
        validator_map={"parameter": CachedParameterValidator},
        uri_parser_class=RepeatedParameterParser,
        # The parameters `all` and `filter` become arguments `all_` and `filter_`.
        pythonic_params=True,
        resolver=find,
    )
    specification = _ValidSpecification(dict(document))
    specification.base_path = base_path
    # `add_api` would only take a document, and validate it.
    app.apis.append(API(specification, base_path=base_path, name=base_path, **vars(app.options)))
    asgi: ASGIApp = app
    return asgi


class _ValidSpecification(OpenAPISpecification):  # type: ignore[misc]  # of unknown type
    """A document that is known to be valid, for one base path."""

    @classmethod
    def _validate_spec(cls, spec: Mapping[str, Any]) -> None:
        del spec


class _ExactRouting(RoutingMiddleware):  # type: ignore[misc]  # of unknown type
    """Route paths as they are, without a redirect that adds or removes a slash."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add the operations of a document."""
        super().add_api(*args, **kwargs)
        for route in self.router.routes:
            route.app.redirect_slashes = False


class _Refusals:
    """Raise Connexion's refusals as an error that can be handled without importing Connexion."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            BadRequestError: A parameter does not conform to the document.
        """
        try:
            await self._app(scope, receive, send)
        except BadRequestProblem as error:
            # The lines after the first contain the schema, which does not help a client.
            raise BadRequestError(error.detail.partition("\n")[0]) from None
