"""The ASGI application: Connexion, between the middleware and the handlers."""

import logging
from collections.abc import Callable, Sequence
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
from musterd.api import responses
from musterd.api.middleware.direct_listing import CompiledParameters, DirectListing
from musterd.api.middleware.response_cache import Reuse
from musterd.api.middleware.revisions import Revisions
from musterd.api.middleware.versioned_paths import (
    OperationRules,
    VersionedPaths,
    base_path,
    rules_of,
)
from musterd.api.reads import ReadOperations
from musterd.api.writes import WriteOperations
from musterd.archives.limits import Limits
from musterd.cli.serving_options import REUSE
from musterd.contract import document as contract
from musterd.contract.operations import Reads, Writes
from musterd.errors import RequestError, ServeError
from musterd.storage.store import ImageStore

# Which part of what may be kept is for images, the rest being for answers.
_HELD = 4
_LOG = logging.getLogger(__name__)


def create_app(store: ImageStore, limits: Limits | None = None, *, reuse: int = REUSE) -> ASGIApp:
    """Build the application that answers from *store*, at every API version that has a document.

    Args:
        store: The catalogue.
        limits: What an archive that is loaded may have at most.
        reuse: How many bytes of answers to keep, to give them again.

    Raises:
        ServeError: A document has an operation without a handler.
    """
    documents = {version: muster_openapi.document(version) for version in muster_openapi.VERSIONS}
    operations = {
        base_path(version): contract.operations(document) for version, document in documents.items()
    }
    # The names of the types are for mypy: a handler that lacks anything is refused here.
    handlers = ReadOperations(store, hold=reuse // _HELD)
    reads: Reads = handlers
    writes: Writes = WriteOperations(store, limits)
    find = partial(_find, (reads, writes))
    revisions = Revisions(store)
    names = sorted({name for found in operations.values() for name in found})
    if missing := [name for name in names if find(name) is None]:
        raise ServeError(f"operations without a handler: {', '.join(missing)}")
    app: Any = AsyncApp(
        __name__,
        # Without those of Connexion's that would serve further paths, or that check nothing here.
        middlewares=[
            VersionedPaths,
            ExceptionMiddleware,
            _ExactRouting,
            partial(OperationRules, operations=operations),
            RequestValidationMiddleware,
            LifespanMiddleware,
            partial(
                DirectListing,
                handler=handlers.image_list,
                at_once=handlers.list_at_once,
                revision=revisions.now,
            ),
            ContextMiddleware,
        ],
        validator_map={"parameter": CompiledParameters},
        # The parameters `all` and `filter` become arguments `all_` and `filter_`.
        pythonic_params=True,
        resolver=find,
    )
    for version, document in documents.items():
        app.add_api(document, base_path=base_path(version))
    app.add_error_handler(RequestError, _on_request_error)
    app.add_error_handler(HTTPException, _on_http_error)
    app.add_error_handler(ProblemException, _on_problem)
    app.add_error_handler(Exception, _on_fault)
    return Reuse(app, revisions, reuse - reuse // _HELD)


class _ExactRouting(RoutingMiddleware):  # type: ignore[misc]  # of unknown type
    """Routes paths as they are, without a redirect to where a slash would make one fit."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add the operations of a document."""
        super().add_api(*args, **kwargs)
        for route in self.router.routes:
            route.app.redirect_slashes = False


def _find(handlers: Sequence[object], operation_id: str) -> Callable[..., Response] | None:
    """Return the handler of an operation: the first method of that name."""
    found = (getattr(each, operation_id, None) for each in handlers)
    return next((handler for handler in found if handler is not None), None)


async def _on_request_error(request: ConnexionRequest, error: RequestError) -> ConnexionResponse:
    return _error(request, error.status, str(error))


async def _on_http_error(request: ConnexionRequest, _error: HTTPException) -> ConnexionResponse:
    return _for_connexion(responses.page_not_found(rules_of(request.scope)))


async def _on_problem(request: ConnexionRequest, problem: ProblemException) -> ConnexionResponse:
    # What follows the first line is the schema, and no help to a client.
    return _error(request, problem.status, problem.detail.partition("\n")[0])


async def _on_fault(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    _LOG.error("a request failed", exc_info=error)
    return _error(request, 500, responses.INTERNAL)


def _error(request: ConnexionRequest, status: int, message: str) -> ConnexionResponse:
    return _for_connexion(responses.error(status, message, rules_of(request.scope)))


def _for_connexion(answer: Response) -> ConnexionResponse:
    return ConnexionResponse(answer.status_code, headers=dict(answer.headers), body=answer.body)
