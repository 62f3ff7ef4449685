"""The operations of the documents that read: one method each, named as the `operationId`."""

import platform as host
import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from musterd import __version__
from musterd.api import inspect, responses
from musterd.api.image_cache import ImageCache, View
from musterd.contract.models import Info, Version
from musterd.contract.parameters import truth
from musterd.contract.rules import Rules
from musterd.contract.versions import NEWEST, OLDEST
from musterd.errors import BadRequestError, RequestError, UnsupportedError
from musterd.images import platform as image_platform
from musterd.listing import lookup, render
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.query import ListQuery
from musterd.storage.store import ImageStore

# Go's names for processors, which clients compare with.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# Characters of filters that cannot hold many patterns: nobody else is answered meanwhile.
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
    ) -> Response:
        """Answer *List Images*.

        Raises:
            BadRequestError: `filters` cannot be understood, or parameters contradict each other.
            NotFoundError: A filter names an image that is not there.
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
        """Read the parameters of *List Images*, by the names that the documents give them.

        Raises:
            BadRequestError: `filters` cannot be understood, or parameters contradict each other.
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
        """Answer *List Images*; this may take as long as reading all images does.

        Args:
            account: Whose images to list.
            rules: Those of the request's API version.
            query: What is asked.
            revision: The one that the catalogue has now, or has had since the request came in;
                None: nobody has looked.
            deadline: The time that there is.

        Raises:
            BadRequestError: A pattern is malformed.
            NotFoundError: A filter names an image that is not there.
            UnavailableError: There is no time left.
            DatabaseError: The store cannot be read.
        """
        with self._cache.view(account, query, rules, revision, deadline) as view:
            return _listing(view, query, rules, deadline)

    def list_if_cheap(
        self, account: str, rules: Rules, query: ListQuery, revision: int
    ) -> Response | None:
        """Answer as `list_images` does, if that takes only microseconds; else None.

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
        """Describe one image.

        `manifests` asks for what only a store of whole multi-platform images has, and `platform`
        for one of its variants; here, as with Docker's graph drivers, there is one.

        Raises:
            BadRequestError: *name* cannot be an image's, or the parameters make no sense.
            NotFoundError: There is no such image, or not for this platform.
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
            image = replace(image, config=snapshot.config(image.id))
        image_platform.check(wanted, image.config, name)
        return responses.json_body(inspect.answer(image, rules))

    def image_attestations(
        self,
        account: str,
        name: str,
        platform: Sequence[str] = (),
        type_: Sequence[str] = (),
        statement: str = "",
    ) -> Response:
        """Refuse to list attestations, which this store, like Docker's graph drivers, has not.

        Raises:
            BadRequestError: *platform* is none.
            UnsupportedError: Otherwise, whatever is asked for.
        """
        del account, name, type_, statement
        for text in filter(None, platform):
            image_platform.parse(text)
        raise UnsupportedError("the legacy image store does not support attestations")

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
                os=host.system().lower(),
                arch=_architecture(),
                kernel_version=host.release(),
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
                os_type=host.system().lower(),
                architecture=host.machine(),
                kernel_version=host.release(),
            )
        )


def _listing(
    view: View, query: ListQuery, rules: Rules, deadline: Deadline = UNLIMITED
) -> Response:
    pieces = list(render.pieces(view.source, query, rules, view.rendered, deadline))
    if query.filters.until:
        # What it says tomorrow may be something else, without any write.
        return responses.json_body(b"".join(pieces))
    return responses.ListingResponse(pieces, view.source.revision)


def _json(value: msgspec.Struct) -> Response:
    return responses.json_body(msgspec.json.encode(value) + b"\n")


def _architecture() -> str:
    machine = host.machine()
    return _ARCHITECTURES.get(machine, machine)
