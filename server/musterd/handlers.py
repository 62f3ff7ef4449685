"""The operations of the documents: one method each, named as the `operationId`."""

import platform

import msgspec
from starlette.responses import Response

from musterd import __version__, answers, listing
from musterd.filters import parse, parse_name
from musterd.listing import ListQuery
from musterd.query import truth
from musterd.store import ImageStore
from musterd.versions import NEWEST, OLDEST

# Go's names for processors, which clients compare with.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Handlers:
    """Answers requests from a store; Connexion calls the methods with the query's parameters."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def image_list(
        self, all_: str = "", filters: str = "", filter_: str = "", digests: str = ""
    ) -> Response:
        """Answer *List Images*.

        Raises:
            BadRequestError: `filters` cannot be understood.
            DatabaseError: The store cannot be read.
        """
        query = ListQuery(
            all=truth(all_),
            digests=truth(digests),
            filters=parse(filters),
            name=parse_name(filter_),
        )
        return answers.json_body(listing.answer(self._store.images(), query))

    def ping(self) -> Response:
        """Say that the server is there; the `Api-Version` header says what it speaks."""
        return Response("OK", media_type="text/plain")

    def ping_head(self) -> Response:
        """Say the same to HEAD; the web server leaves the body out."""
        return self.ping()

    def version(self) -> Response:
        """Say what the server is."""
        machine = platform.machine()
        answer = {
            "Version": __version__,
            "ApiVersion": str(NEWEST),
            "MinAPIVersion": str(OLDEST),
            "Os": platform.system().lower(),
            "Arch": _ARCHITECTURES.get(machine, machine),
            "KernelVersion": platform.release(),
        }
        return answers.json_body(msgspec.json.encode(answer) + b"\n")
