"""The ASGI application: the operations and all middleware around them, in order."""

import warnings
from collections.abc import Callable, Sequence
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp

import muster_openapi
from musterd.access.authentication import Authentication
from musterd.access.cross_site import CrossSiteGuard
from musterd.api.long_reads import LongReadOperations
from musterd.api.middleware import response_cache
from musterd.api.middleware.direct_listing import DirectListing, make_limiters
from musterd.api.middleware.documents import Documents
from musterd.api.middleware.errors import ErrorResponses
from musterd.api.middleware.headers import ServerHeaders
from musterd.api.middleware.response_cache import ResponseCache
from musterd.api.middleware.revisions import Revisions
from musterd.api.middleware.versioned_paths import VersionedPaths, base_path
from musterd.api.reads import ReadOperations
from musterd.api.transfer.operations import TransferOperations
from musterd.api.writes import WriteOperations
from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.contract.operations import LongReads, Reads, Transfers, Writes
from musterd.departures import table
from musterd.departures.exchange import Departure
from musterd.departures.imitation import Imitation
from musterd.departures.middleware import Departing
from musterd.http.timeouts import RequestTimeouts
from musterd.registry.sources import Sources
from musterd.settings import ServerSettings
from musterd.storage.containerd import ContainerdStore
from musterd.storage.store import ImageStore

# Images get one part in this many of the cache; the rest is for responses.
_IMAGES_SHARE = 4

# What a user of musterd can do nothing about. It concerns Starlette's client for tests, and how
# Connexion 3.3 reads documents.
_IGNORED = (
    "Using `httpx` with `starlette.testclient`",
    r"jsonschema\.RefResolver is deprecated",
    r"jsonschema\.exceptions\.RefResolutionError is deprecated",
)


class Applications:
    """The applications for one store, one for each engine that is imitated.

    They share everything independent of the engine, and their lifespan: serving several starts
    the lifespan of one.
    """

    def __init__(
        self,
        store: ImageStore,
        limits: Limits | None = None,
        *,
        settings: ServerSettings | None = None,
        response_cache: int = response_cache.DEFAULT_SIZE,
        searchable: Sequence[str] = (),
        sources: Sources | None = None,
    ) -> None:
        """Prepare them.

        Args:
            store: The catalogue, which also stores used signatures.
            limits: The limits on archives to load.
            settings: Access control, and the limits on connections.
            response_cache: The size of each application's response cache, in bytes.
            searchable: The names of repositories that a search finds, besides those of described
                images that can be pulled.
            sources: What can be pulled, and from where; None for nothing.
        """
        limits, readers = limits or Limits(), ReaderPool()
        self._sources = sources or Sources()
        self._store = store
        self._settings = settings or ServerSettings()
        self._response_cache = response_cache
        self._searchable = searchable
        self._writer = WriteOperations(store, limits, readers)
        self._transfers = TransferOperations(store, self._sources, readers, limits)

    def imitating(self, imitation: Imitation) -> ASGIApp:
        """Build the application that imitates an engine.

        Raises:
            ServeError: There is no such engine or departure, or a version is invalid.
        """
        return self.build(*imitation.resolve())

    def build(self, engine: Engine, departures: Sequence[Departure]) -> ASGIApp:
        """Build the application for an engine, with every API version that has a document.

        Args:
            engine: What to imitate.
            departures: What to do otherwise, besides what the engine does.
        """
        store, writer, pulls = self._store, self._writer, self._transfers
        if engine.containerd is not None:
            store = ContainerdStore(store, old=engine.containerd.old)
            writer, pulls = writer.on(store), pulls.on(store)
        # The assignment types let mypy check the handlers against the documents.
        handlers = ReadOperations(
            store,
            hold=self._response_cache // _IMAGES_SHARE,
            engine=engine,
            searchable=self._found_by_search,
        )
        reads: Reads = handlers
        writes: Writes = writer
        transfers: Transfers = pulls
        revisions = Revisions(self._store)
        long_reads: LongReads = LongReadOperations(store, revisions.now)
        listings = partial(
            DirectListing, reads=handlers, revision=revisions.now, limiters=make_limiters()
        )
        find = partial(_find, (reads, long_reads, writes, transfers))
        build = partial(_operations, find, listings, engine)
        app: ASGIApp = Documents(build, self._writer.lifespan, engine)
        stack = _stack(self._store, revisions, self._settings, self._response_cache, engine)
        departing = (*table.named(engine.departures), *departures)
        if departing:
            # Around errors too, which are among what engines do otherwise.
            stack.insert(0, partial(Departing, departures=departing))
        for middleware in reversed(stack):
            app = middleware(app)
        return app

    def _found_by_search(self) -> Sequence[str]:
        return list(dict.fromkeys((*self._searchable, *self._sources.pullable.repositories)))


def create_app(
    store: ImageStore,
    limits: Limits | None = None,
    *,
    settings: ServerSettings | None = None,
    response_cache: int = response_cache.DEFAULT_SIZE,
    engine: Engine = engines.ANY,
    searchable: Sequence[str] = (),
    departures: Sequence[Departure] = (),
    sources: Sources | None = None,
) -> ASGIApp:
    """Build the application for *store* that imitates one engine.

    Args:
        store: As for `Applications`.
        limits: As for `Applications`.
        settings: As for `Applications`.
        response_cache: As for `Applications`.
        engine: What to imitate.
        searchable: As for `Applications`.
        departures: What to do otherwise, besides what the engine does.
        sources: As for `Applications`.
    """
    applications = Applications(
        store,
        limits,
        settings=settings,
        response_cache=response_cache,
        searchable=searchable,
        sources=sources,
    )
    return applications.build(engine, departures)


def _operations(
    find: Callable[[str], Callable[..., Response] | None],
    listings: Callable[[ASGIApp], ASGIApp],
    engine: Engine,
    version: str,
) -> ASGIApp:
    """Build the operations of one API version's document."""
    _ignore_warnings()
    # Connexion takes longer to import than the rest of the server.
    from musterd.api import connexion_app  # noqa: PLC0415

    document = muster_openapi.document(version)
    return connexion_app.build(document, base_path(version), find, [listings], engine)


def _stack(
    store: ImageStore,
    revisions: Revisions,
    settings: ServerSettings,
    cache_size: int,
    engine: Engine,
) -> list[Callable[[ASGIApp], ASGIApp]]:
    """Return the middleware around the operations, outermost first."""
    return [
        partial(ErrorResponses, engine=engine),
        partial(RequestTimeouts, limits=settings.limits),
        _guard(store, settings),
        partial(ResponseCache, revisions=revisions, limit=cache_size - cache_size // _IMAGES_SHARE),
        # Behind the cache, which then keeps these headers with the response.
        partial(ServerHeaders, engine=engine),
        partial(VersionedPaths, engine=engine),
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


def _ignore_warnings() -> None:
    """Ignore what Connexion's libraries say about each other, even where warnings are errors."""
    for message in _IGNORED:
        warnings.filterwarnings("ignore", message=message)


def _find(handlers: Sequence[object], operation_id: str) -> Callable[..., Response] | None:
    """Return the handler of an operation: the first method of that name."""
    found = (getattr(each, operation_id, None) for each in handlers)
    return next((handler for handler in found if handler is not None), None)
