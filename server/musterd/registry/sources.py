"""What can be pulled, and from where."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.errors import ForbiddenError
from musterd.images.reference import Reference
from musterd.registry.addresses import Registries
from musterd.registry.credentials import RegistryCredentials
from musterd.registry.pullable import PullableImages, PullableSource
from musterd.registry.refusals import denied
from musterd.registry.source import Source

if TYPE_CHECKING:
    from musterd.registry.session import Session


@dataclass(frozen=True, slots=True)
class Sources:
    """Registries that the operator named, and described images.

    Attributes:
        registries: The registries that may be asked.
        pullable: The described images, which have precedence.
    """

    registries: Registries = field(default_factory=Registries)
    pullable: PullableImages = field(default_factory=PullableImages)

    def open(
        self, name: Reference, credentials: RegistryCredentials, readers: ReaderPool, limits: Limits
    ) -> Source:
        """Return the source of an image; close it after use.

        Args:
            name: The name of the image.
            credentials: Those of the client.
            readers: Read what registries send.
            limits: The limits on an image, as on an archive.

        Raises:
            ForbiddenError: It is in a registry that may not be asked.
            NotFoundError: It is none of the described images, and there are no registries.
        """
        if self.pullable.has_repository(name.repository):
            return PullableSource(self.pullable)
        if self.pullable and self.registries.of(name.full_repository) is None:
            raise denied(name)
        session = self.session(name, credentials)
        # Slow to import, and not needed by most servers.
        from musterd.registry.remote import RegistrySource  # noqa: PLC0415

        return RegistrySource(session, readers, limits)

    def session(
        self, name: Reference, credentials: RegistryCredentials, actions: str = "pull"
    ) -> "Session":
        """Open a session with the registry of a repository.

        Args:
            name: A name in the repository.
            credentials: Those of the client.
            actions: What the session is for: ``pull``, or ``pull,push``.

        Raises:
            ForbiddenError: It may not be asked.
        """
        address = self.registries.of(name.full_repository)
        host, _, path = name.full_repository.partition("/")
        if address is None:
            raise ForbiddenError(
                "musterd asks no registry that its operator did not name: start it with "
                f"--registry {host}, or describe images as pullable in a file for --images"
            )
        from musterd.registry.connections import open_session  # noqa: PLC0415  # as above

        return open_session(self.registries, address, path, credentials, actions)
