"""The operations of the documents that read: one method each, named as the `operationId`."""

import platform
import time

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from musterd import __version__
from musterd.api import inspect, responses
from musterd.api.image_cache import ImageCache
from musterd.api.query_string import truth
from musterd.contract.models import Info, Version
from musterd.contract.rules import Rules
from musterd.contract.versions import NEWEST, OLDEST
from musterd.errors import BadRequestError, RequestError
from musterd.listing import lookup, render
from musterd.listing.filters import parse
from musterd.listing.render import ListQuery, Source
from musterd.storage.store import ImageStore

# Go's names for processors, which clients compare with.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# Characters of a query that cannot hold many patterns: nobody else is answered meanwhile.
_SHORT = 256


class _Version(Version, rename="pascal", kw_only=True):
    """With what the documents leave to the server."""

    min_api_version: str = msgspec.field(name="MinAPIVersion")
    kernel_version: str


class _Info(Info, rename="pascal", kw_only=True):
    """With what the documents leave to the server."""

    containers: int
    server_version: str
    os_type: str = msgspec.field(name="OSType")
    architecture: str
    kernel_version: str


class ReadOperations:
    """Answers requests from a store; Connexion calls the methods with the request's parameters.

    Only those arrive that the document of the request's version has. `rules` are that version's.
    `account` is whose images the request is about.
    """

    def __init__(self, store: ImageStore, *, hold: int = 0) -> None:
        """Answer from *store*, and hold images of it in about *hold* bytes."""
        self._store = store
        self._cache = ImageCache(store, hold)

    def image_list(  # noqa: PLR0917  # Connexion passes them by name
        self,
        account: str,
        rules: Rules,
        all_: str = "",
        filters: str = "",
        filter_: str = "",
        digests: str = "",
        shared_size: str = "",
        manifests: str = "",
        identity: str = "",
        *,
        revision: int | None = None,
    ) -> Response:
        """Answer *List Images*.

        `revision` is the one that the catalogue has now, or has had since the request came in;
        None: nobody has looked.

        `manifests` and `identity` ask for what only a store of whole multi-platform images has;
        this one, like Docker's graph drivers, has nothing to tell (rule `manifests.asked`).

        Raises:
            BadRequestError: `filters` cannot be understood, or parameters contradict each other.
            NotFoundError: A filter names an image that is not there.
            DatabaseError: The store cannot be read.
        """
        query = _list_query(
            rules,
            all_=all_,
            filters=filters,
            filter_=filter_,
            digests=digests,
            shared_size=shared_size,
            manifests=manifests,
            identity=identity,
        )
        with self._cache.source(account, query, rules.undated, revision) as source:
            return _listing(source, query, rules)

    def list_at_once(
        self, account: str, rules: Rules, *, revision: int, **asked: str
    ) -> Response | None:
        """Answer *List Images* as `image_list` does, if that takes only microseconds; else None.

        Raises:
            BadRequestError: `filters` cannot be understood, or parameters contradict each other.
            NotFoundError: A filter names an image that is not there.
        """
        if sum(map(len, asked.values())) > _SHORT:
            return None
        query = _list_query(rules, **asked)
        images = self._cache.get_if_cheap(account, query, rules.undated, revision)
        return None if images is None else _listing(images, query, rules)

    def image_inspect(self, account: str, rules: Rules, name: str) -> Response:
        """Describe one image.

        Raises:
            BadRequestError: *name* cannot be an image's.
            NotFoundError: There is no such image.
            DatabaseError: The store cannot be read.
        """
        with self._store.of(account).snapshot() as snapshot:
            try:
                image = lookup.find(snapshot.named(name), name, rules)
            except RequestError as error:
                raise type(error)(rules.inspect_error.format(name) + str(error)) from None
            image = replace(image, config=snapshot.config(image.id))
        return responses.json_body(inspect.answer(image, rules))

    def ping(self) -> Response:
        """Say that the server is there; the `Api-Version` header says what it speaks."""
        return Response("OK", media_type="text/plain")

    def ping_head(self) -> Response:
        """Say the same to HEAD; the web server leaves the body out."""
        return self.ping()

    def version(self) -> Response:
        """Say what the server is."""
        return _json(
            _Version(
                version=__version__,
                api_version=str(NEWEST),
                min_api_version=str(OLDEST),
                os=platform.system().lower(),
                arch=_architecture(),
                kernel_version=platform.release(),
            )
        )

    def info(self, account: str) -> Response:
        """Count the images; there are never any containers.

        Raises:
            DatabaseError: The store cannot be read.
        """
        with self._store.of(account).snapshot() as snapshot:
            images = snapshot.count()
        return _json(
            _Info(
                containers=0,
                images=images,
                server_version=__version__,
                os_type=platform.system().lower(),
                architecture=platform.machine(),
                kernel_version=platform.release(),
            )
        )


def _list_query(
    rules: Rules,
    *,
    all_: str = "",
    filters: str = "",
    filter_: str = "",
    digests: str = "",
    shared_size: str = "",
    manifests: str = "",
    identity: str = "",
) -> ListQuery:
    query = ListQuery(
        all=truth(all_),
        digests=truth(digests),
        shared_size=truth(shared_size),
        filters=parse(filters, filter_, rules, time.time_ns()),
    )
    if truth(identity) and not truth(manifests):
        raise BadRequestError("conflicting options: identity requires manifests=1")
    return query


def _listing(source: Source, query: ListQuery, rules: Rules) -> Response:
    pieces = list(render.pieces(source, query, rules))
    if query.filters.until:
        # What it says tomorrow may be something else, without any write.
        return responses.json_body(b"".join(pieces))
    return responses.ListingResponse(pieces, source.revision)


def _json(value: msgspec.Struct) -> Response:
    return responses.json_body(msgspec.json.encode(value) + b"\n")


def _architecture() -> str:
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)
