"""The ASGI application: Connexion, between the middleware and the handlers."""

import logging
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

import muster_openapi
from musterd import answers, contract
from musterd.errors import RequestError, ServeError
from musterd.handlers import Handlers
from musterd.middleware import OperationRules, VersionedPaths
from musterd.store import ImageStore
from musterd.versions import NEWEST

_LOG = logging.getLogger(__name__)


def create_app(store: ImageStore) -> ASGIApp:
    """Build the application that answers from *store*.

    Raises:
        ServeError: The document has an operation without a handler.
    """
    document = muster_openapi.document(str(NEWEST))
    operations = contract.operations(document)
    handlers = Handlers(store)
    if missing := [name for name in operations if not hasattr(handlers, name)]:
        raise ServeError(f"operations without a handler: {', '.join(missing)}")
    base_path = f"/v{NEWEST}"
    app: Any = AsyncApp(
        __name__,
        # Without those of Connexion's that would serve further paths, or that check nothing here.
        middlewares=[
            partial(VersionedPaths, base_path=base_path),
            ExceptionMiddleware,
            RoutingMiddleware,
            partial(OperationRules, operations=operations),
            RequestValidationMiddleware,
            LifespanMiddleware,
            ContextMiddleware,
        ],
        # The parameters `all` and `filter` become arguments `all_` and `filter_`.
        pythonic_params=True,
        resolver=partial(getattr, handlers),
    )
    app.add_api(document, base_path=base_path)
    app.add_error_handler(RequestError, _on_request_error)
    app.add_error_handler(HTTPException, _on_http_error)
    app.add_error_handler(ProblemException, _on_problem)
    app.add_error_handler(Exception, _on_fault)
    application: ASGIApp = app
    return application


async def _on_request_error(_: ConnexionRequest, error: RequestError) -> ConnexionResponse:
    return _for_connexion(answers.error(error.status, str(error)))


async def _on_http_error(_: ConnexionRequest, _error: HTTPException) -> ConnexionResponse:
    return _for_connexion(answers.page_not_found())


async def _on_problem(_: ConnexionRequest, problem: ProblemException) -> ConnexionResponse:
    # What follows the first line is the schema, and no help to a client.
    return _for_connexion(answers.error(problem.status, problem.detail.partition("\n")[0]))


async def _on_fault(_: ConnexionRequest, error: Exception) -> ConnexionResponse:
    _LOG.error("a request failed", exc_info=error)
    return _for_connexion(answers.error(500, "internal error; the server's log says more"))


def _for_connexion(answer: Response) -> ConnexionResponse:
    return ConnexionResponse(answer.status_code, headers=dict(answer.headers), body=answer.body)
