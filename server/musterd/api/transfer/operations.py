"""The operations that ask a registry: pull and push."""

from copy import copy

from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from musterd.api.current_request import current_request
from musterd.api.disconnect import unless_disconnected
from musterd.api.progress_response import ProgressResponse, Work
from musterd.api.transfer.containerd_pull import ContainerdPull
from musterd.api.transfer.pull import Pull, pull_name
from musterd.api.transfer.push import Push, push_name
from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, TooLargeError, UnavailableError, UnsupportedError
from musterd.images import platform as image_platform
from musterd.registry import credentials
from musterd.registry.credentials import RegistryCredentials
from musterd.registry.source import Report
from musterd.registry.sources import Sources
from musterd.storage.containerd import ContainerdStore
from musterd.storage.store import ImageStore

_AUTH = "x-registry-auth"
# The most pulls and pushes at a time.
_AT_ONCE = 4


class TransferOperations:
    """Pull images from registries, and push them there."""

    def __init__(
        self, store: ImageStore, sources: Sources, readers: ReaderPool, limits: Limits
    ) -> None:
        """Create the handlers.

        Args:
            store: The catalogue.
            sources: What can be pulled, and from where.
            readers: Read what registries send.
            limits: The limits on an image, as on an archive.
        """
        self._store = self._pulled_into = store
        self._sources = sources
        self._readers = readers
        self._limits = limits
        self._at_once = CapacityLimiter(_AT_ONCE)

    def on(self, store: ImageStore) -> "TransferOperations":
        """Return the handlers for pulls into another view of the catalogue.

        They share the limit on how many pulls and pushes there are at a time.
        """
        other = copy(self)
        other._pulled_into = store  # noqa: SLF001  # a copy of itself
        return other

    async def image_create(  # noqa: PLR0917  # Connexion passes them by name
        self,
        account: str,
        rules: Rules,
        from_image: str = "",
        from_src: str = "",
        tag: str = "",
        platform: str = "",
    ) -> Response:
        """Pull an image, or all tags of a repository.

        Raises:
            BadRequestError: The name or the platform is invalid.
            ForbiddenError: The registry may not be asked.
            NotFoundError: There is no such image.
            RegistryError: The registry cannot be asked.
            UnsupportedError: A file system is to be imported.
        """
        if from_src:
            raise UnsupportedError(
                "musterd imports no file systems; load an archive with POST /images/load"
            )
        name = pull_name(from_image, tag)
        wanted = image_platform.parse_specifier(platform) if platform else None
        request = current_request()
        given = credentials.decode(request.headers.get(_AUTH, ""))
        source = self._sources.open(name, given, self._readers, self._limits)
        kind = ContainerdPull if isinstance(self._pulled_into, ContainerdStore) else Pull
        pull = kind(self._pulled_into.of(account), source, name, wanted, rules)
        try:
            await unless_disconnected(pull.begin(), request.receive)
        except ClientDisconnect:
            await source.close()
            # The client is gone, so nobody reads this message.
            raise UnavailableError("the client has left") from None
        except BaseException:
            await source.close()
            raise
        return ProgressResponse(self._when_possible(pull.run), source.close)

    def _when_possible(self, work: Work) -> Work:
        """Return work that waits until there is not too much else."""

        async def limited(report: Report) -> None:
            async with self._at_once:
                await work(report)

        return limited

    async def image_push(self, account: str, rules: Rules, name: str, tag: str = "") -> Response:
        """Push an image, or all tags of a repository.

        Raises:
            BadRequestError: The name is invalid, or there are no credentials where they are needed.
            ForbiddenError: The registry may not be asked.
        """
        wanted = push_name(name, tag)
        given = await _credentials(rules)
        session = self._sources.session(wanted, given, "pull,push")
        push = Push(
            self._store.of(account),
            session,
            wanted,
            self._limits.document_size,
            as_pulled=rules.containerd,
        )
        return ProgressResponse(self._when_possible(push.run), session.close)


async def _credentials(rules: Rules) -> RegistryCredentials:
    """Return the credentials for a push: those of the header, or else of the body.

    moby v20.10.24 ``api/server/router/image/image_routes.go:postImagesPush``.
    """
    request = current_request()
    header = request.headers.get(_AUTH)
    if header is not None or not rules.push_needs_auth:
        return credentials.decode(header or "")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > credentials.LONGEST:
            raise TooLargeError(f"the body has more than {credentials.LONGEST} bytes")
    found = credentials.of_json(bytes(body))
    if found is None:
        reason = "it is not JSON" if body else "EOF"
        raise BadRequestError(f"Bad parameters and missing X-Registry-Auth: {reason}")
    return found
