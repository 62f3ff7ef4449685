"""The operations that only read; each method has the name of its `operationId`."""

import json
import platform as host
import re
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from musterd import __version__
from musterd.api import history, inspect, responses
from musterd.api.image_cache import ImageCache, View
from musterd.api.search import search
from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.contract.models import Info, Version
from musterd.contract.parameters import truth
from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, RequestError, UnsupportedError
from musterd.images import platform as image_platform
from musterd.listing import lookup, render
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.filters import conditions
from musterd.listing.query import ListQuery
from musterd.storage.store import ImageStore

# Go's names for processors, which clients compare.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
# The filters of containers (moby v20.10.24 and v28.5.2 ``daemon/list.go:acceptedPsFilterTags``).
_CONTAINER_FILTERS = frozenset(
    {
        *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation"),
        *("label", "name", "network", "publish", "since", "status", "volume"),
    }
)

# Characters of filters too short for many patterns: they block the event loop only briefly.
_SHORT = 256


class _Version(Version, rename="pascal", kw_only=True):
    """The response with the members that the documents do not list."""

    min_api_version: str = msgspec.field(name="MinAPIVersion")
    kernel_version: str


class _Info(Info, rename="pascal", kw_only=True):
    """The response with the members that the documents do not list."""

    containers: int
    server_version: str
    os_type: str = msgspec.field(name="OSType")
    architecture: str
    kernel_version: str
    experimental_build: bool


class ReadOperations:
    """Answer requests from a store. Connexion calls the methods with the request's parameters.

    A method only gets parameters that are in the document of the request's version. `rules` are the
    rules of that version, and `account` is the account of the request.
    """

    def __init__(
        self,
        store: ImageStore,
        *,
        hold: int = 0,
        engine: Engine = engines.ANY,
        searchable: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """Answer from *store*.

        Args:
            store: The catalogue.
            hold: The bytes in which to cache its images, roughly.
            engine: What to imitate.
            searchable: Returns the names of the repositories that a search finds.
        """
        self._store = store
        self._engine = engine
        self._searchable = searchable
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
    ) -> Response:
        """List images.

        Raises:
            BadRequestError: `filters` is invalid, or parameters contradict each other.
            NotFoundError: A filter names an unknown image.
            DatabaseError: The store cannot be read.
        """
        parameters = {
            "all": all_,
            "filters": filters,
            "filter": filter_,
            "digests": digests,
            "shared-size": shared_size,
            "manifests": manifests,
            "identity": identity,
        }
        return self.list_images(account, rules, self.read_query(rules, parameters), None)

    def read_query(self, rules: Rules, parameters: Mapping[str, str]) -> ListQuery:
        """Parse the parameters of *List Images*, by their names in the documents.

        Raises:
            BadRequestError: `filters` is invalid, or parameters contradict each other.
        """
        return ListQuery.from_parameters(parameters, rules, time.time_ns())

    def list_images(
        self,
        account: str,
        rules: Rules,
        query: ListQuery,
        revision: int | None,
        deadline: Deadline = UNLIMITED,
    ) -> Response:
        """List images; this may take as long as reading all images.

        Args:
            account: The account.
            rules: The rules of the request's API version.
            query: The parsed query.
            revision: A revision that the catalogue has had since the request arrived; None if
                unknown.
            deadline: The time limit.

        Raises:
            BadRequestError: A pattern is malformed.
            NotFoundError: A filter names an unknown image.
            UnavailableError: The time is over.
            DatabaseError: The store cannot be read.
        """
        with self._cache.view(account, query, rules, revision, deadline) as view:
            return _listing(view, query, rules, deadline)

    def list_if_cheap(
        self, account: str, rules: Rules, query: ListQuery, revision: int
    ) -> Response | None:
        """Answer like `list_images` if that takes only microseconds; otherwise return None.

        Raises:
            BadRequestError: A pattern is malformed.
        """
        if query.filters_length > _SHORT:
            return None
        view = self._cache.get_if_cheap(account, query, rules, revision)
        return None if view is None else _listing(view, query, rules)

    def image_inspect(
        self, account: str, rules: Rules, name: str, manifests: str = "", platform: str = ""
    ) -> Response:
        """Return the details of an image.

        `manifests` only matters in the style of the containerd store, where `platform` selects one
        of an image's variants. With graph drivers, an image has one platform.

        Raises:
            BadRequestError: *name* or another parameter is invalid.
            NotFoundError: There is no such image, or none for this platform.
            DatabaseError: The store cannot be read.
        """
        wanted = image_platform.parse(platform) if platform else None
        if wanted is not None and truth(manifests):
            raise BadRequestError(
                "conflicting options: manifests and platform options cannot both be set"
            )
        with self._store.of(account).snapshot() as snapshot:
            try:
                image = lookup.find(snapshot, name, rules)
            except RequestError as error:
                raise type(error)(rules.inspect_error.format(name) + str(error)) from None
            image = snapshot.of_platform(image, wanted, name)
        requested = lookup.ImageName.parse(name, rules).reference
        body = inspect.answer(
            image, rules, requested, manifests=truth(manifests), of_platform=wanted is not None
        )
        return responses.json_body(body)

    def image_history(self, account: str, rules: Rules, name: str, platform: str = "") -> Response:
        """Return the steps in which an image was made.

        Raises:
            BadRequestError: *name* or *platform* is invalid.
            NotFoundError: There is no such image, or none for this platform.
            InconsistentImageError: The history contradicts the layers.
            DatabaseError: The store cannot be read.
        """
        wanted = image_platform.parse(platform) if platform else None
        with self._store.of(account).snapshot() as snapshot:
            image = lookup.find(snapshot, name, rules)
            layers = snapshot.layers(image.id)
            whole = replace(snapshot.of_platform(image, wanted, name), layers=layers)
            body = history.answer(whole, snapshot.lineage(image), rules)
        return responses.json_body(body)

    def container_list(
        self,
        rules: Rules,
        all_: str = "",
        limit: str = "",
        size: str = "",
        filters: str = "",
    ) -> Response:
        """Return no containers, as there are none.

        Raises:
            BadRequestError: *filters* or *limit* is invalid.
        """
        del all_, size
        if limit and _INTEGER.fullmatch(limit) is None:
            raise BadRequestError(f"strconv.Atoi: parsing {_quoted(limit)}: invalid syntax")
        conditions(filters, _CONTAINER_FILTERS, rules)
        return responses.json_body(b"[]\n")

    def image_search(
        self, rules: Rules, term: str = "", filters: str = "", limit: str = ""
    ) -> Response:
        """Return the repositories with *term* in their names, among those that can be found.

        Raises:
            BadRequestError: A parameter is invalid.
        """
        found = search(self._searchable(), term, filters, limit, rules)
        return responses.json_body(msgspec.json.encode(found) + b"\n")

    def image_attestations(
        self,
        account: str,
        name: str,
        platform: Sequence[str] = (),
        type_: Sequence[str] = (),
        statement: str = "",
    ) -> Response:
        """Refuse: this store, like Docker's graph drivers, has no attestations.

        Raises:
            BadRequestError: *platform* is invalid.
            UnsupportedError: In every other case.
        """
        del account, name, type_, statement
        for text in filter(None, platform):
            image_platform.parse(text)
        raise UnsupportedError("the legacy image store does not support attestations")

    def ping(self) -> Response:
        """Answer that the server is up; the `Api-Version` header has the newest API version."""
        return responses.pong()

    def ping_head(self) -> Response:
        """Answer HEAD like `ping`; the web server drops the body."""
        return self.ping()

    def version(self) -> Response:
        """Return the versions and the platform of the server."""
        return _json(
            _Version(
                version=self._engine.release or __version__,
                api_version=str(self._engine.newest),
                min_api_version=str(self._engine.oldest),
                os=host.system().lower(),
                arch=_architecture(),
                kernel_version=host.release(),
            )
        )

    def info(self, account: str) -> Response:
        """Return the number of images; there are never any containers.

        Raises:
            DatabaseError: The store cannot be read.
        """
        with self._store.of(account).snapshot() as snapshot:
            images = snapshot.count()
        return _json(
            _Info(
                containers=0,
                images=images,
                server_version=self._engine.release or __version__,
                os_type=host.system().lower(),
                architecture=host.machine(),
                kernel_version=host.release(),
                experimental_build=self._engine.experimental,
            )
        )


def _listing(
    view: View, query: ListQuery, rules: Rules, deadline: Deadline = UNLIMITED
) -> Response:
    pieces = list(render.pieces(view.source, query, rules, view.rendered, deadline))
    if query.filters.until:
        # The result changes with time, without any write, so it must not be cached.
        return responses.json_body(b"".join(pieces))
    return responses.ListingResponse(pieces, view.source.revision)


def _json(value: msgspec.Struct) -> Response:
    return responses.json_body(msgspec.json.encode(value) + b"\n")


def _quoted(text: str) -> str:
    """Return *text* in quotation marks, for a message."""
    return json.dumps(text, ensure_ascii=False)


def _architecture() -> str:
    machine = host.machine()
    return _ARCHITECTURES.get(machine, machine)
