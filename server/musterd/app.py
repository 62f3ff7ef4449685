"""The ASGI application: Connexion and all middleware around it, in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

import muster_openapi
from musterd.access.authentication import Authentication
from musterd.access.cross_site import CrossSiteGuard
from musterd.api.middleware import response_cache
from musterd.api.middleware.direct_listing import DirectListing
from musterd.api.middleware.errors import ErrorResponses
from musterd.api.middleware.headers import ServerHeaders
from musterd.api.middleware.operation_rules import OperationGuard
from musterd.api.middleware.parameters import CachedParameterValidator, RepeatedParameterParser
from musterd.api.middleware.response_cache import ResponseCache
from musterd.api.middleware.revisions import Revisions
from musterd.api.middleware.versioned_paths import VersionedPaths, base_path
from musterd.api.reads import ReadOperations
from musterd.api.writes import WriteOperations
from musterd.archives.limits import Limits
from musterd.contract import document as contract
from musterd.contract.document import Operation
from musterd.contract.operations import Reads, Writes
from musterd.errors import ServeError
from musterd.http.timeouts import RequestTimeouts
from musterd.settings import ServerSettings
from musterd.storage.store import ImageStore

# Images get one part in this many of the cache; the rest is for responses.
_IMAGES_SHARE = 4


def create_app(
    store: ImageStore,
    limits: Limits | None = None,
    *,
    settings: ServerSettings | None = None,
    response_cache: int = response_cache.DEFAULT_SIZE,
) -> ASGIApp:
    """Build the application for *store*, with every API version that has a document.

    Args:
        store: The catalogue, which also stores used signatures.
        limits: The limits on archives to load.
        settings: Access control, and the limits on connections.
        response_cache: The size of the response cache, in bytes.

    Raises:
        ServeError: A document has an operation without a handler.
    """
    documents = {version: muster_openapi.document(version) for version in muster_openapi.VERSIONS}
    operations = {
        base_path(version): contract.operations(document) for version, document in documents.items()
    }
    # The assignment types let mypy check the handlers against the documents.
    handlers = ReadOperations(store, hold=response_cache // _IMAGES_SHARE)
    reads: Reads = handlers
    writer = WriteOperations(store, limits)
    writes: Writes = writer
    find = partial(_find, (reads, writes))
    _check_complete(operations.values(), find)
    app: Any = AsyncApp(
        __name__,
        middlewares=_stack(
            store, handlers, operations, settings or ServerSettings(), response_cache
        ),
        validator_map={"parameter": CachedParameterValidator},
        uri_parser_class=RepeatedParameterParser,
        # The parameters `all` and `filter` become arguments `all_` and `filter_`.
        pythonic_params=True,
        resolver=find,
        lifespan=writer.lifespan,
    )
    for version, document in documents.items():
        app.add_api(document, base_path=base_path(version))
    asgi: ASGIApp = app
    return asgi


def _stack(
    store: ImageStore,
    handlers: ReadOperations,
    operations: Mapping[str, Mapping[str, Operation]],
    settings: ServerSettings,
    cache_size: int,
) -> list[Callable[[ASGIApp], ASGIApp]]:
    """Return the whole ASGI stack, outermost first.

    It omits those parts of Connexion's middleware that would serve further paths, answer errors in
    Connexion's format, or have nothing to check.
    """
    revisions = Revisions(store)
    return [
        ErrorResponses,
        partial(RequestTimeouts, limits=settings.limits),
        _guard(store, settings),
        partial(ResponseCache, revisions=revisions, limit=cache_size - cache_size // _IMAGES_SHARE),
        # Behind the cache, which then keeps these headers with the response.
        ServerHeaders,
        VersionedPaths,
        _ExactRouting,
        partial(OperationGuard, operations=operations),
        RequestValidationMiddleware,
        LifespanMiddleware,
        partial(DirectListing, reads=handlers, revision=revisions.now),
        ContextMiddleware,
    ]


def _guard(store: ImageStore, settings: ServerSettings) -> Callable[[ASGIApp], ASGIApp]:
    """Return the access control: signatures, or a check of the headers that browsers send."""
    if settings.credentials is None:
        return partial(CrossSiteGuard, host_names=settings.host_names)
    # No web page can sign requests.
    return partial(
        Authentication,
        credentials=settings.credentials,
        store=store,
        policy=settings.signature_policy,
    )


class _ExactRouting(RoutingMiddleware):  # type: ignore[misc]  # of unknown type
    """Route paths as they are, without a redirect that adds or removes a slash."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add the operations of a document."""
        super().add_api(*args, **kwargs)
        for route in self.router.routes:
            route.app.redirect_slashes = False


def _find(handlers: Sequence[object], operation_id: str) -> Callable[..., Response] | None:
    """Return the handler of an operation: the first method of that name."""
    found = (getattr(each, operation_id, None) for each in handlers)
    return next((handler for handler in found if handler is not None), None)


def _check_complete(
    operations: Iterable[Mapping[str, Operation]], find: Callable[[str], object | None]
) -> None:
    names = sorted({name for found in operations for name in found})
    if missing := [name for name in names if find(name) is None]:
        raise ServeError(f"operations without a handler: {', '.join(missing)}")
