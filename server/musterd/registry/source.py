"""Where images are pulled from."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.images.reference import Reference

# Tells the client how a pull or a push is going: one JSON object.
Report = Callable[[Mapping[str, Any]], Awaitable[None]]


class Known(Protocol):
    """What the catalogue has already."""

    async def has(self, image_id: str) -> bool:
        """Tell whether it has the whole image with an Id."""
        ...

    async def shared_layers(self, digests: Sequence[str]) -> int:
        """Return how many of these layers, from the lowest on, a pulled image has likewise.

        Args:
            digests: The digests of the unpacked layers, lowest first.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """An image to name, and to add to the catalogue unless it is there.

    Attributes:
        name: The name by which it was pulled.
        digest: The digest of what the registry has under the name.
        id: The Id of the image.
        image: The image, without names; None if the catalogue has it already.
    """

    name: Reference
    digest: str
    id: str
    image: Image | None


class Source(Protocol):
    """Something that has images to pull."""

    async def tags(self, repository: str) -> list[str]:
        """Return all tags of a repository.

        Raises:
            NotFoundError: There is no such repository.
            RegistryError: The registry does not answer as it should.
        """
        ...

    async def find(self, name: Reference) -> None:
        """Look a name up.

        Raises:
            NotFoundError: There is none, or the registry does not show it to this client.
            RegistryError: The registry does not answer as it should.
        """
        ...

    async def check(self, name: Reference, wanted: Platform | None) -> None:
        """Check that a name that was found has an image for a platform.

        Args:
            name: The name.
            wanted: The platform; None for the default.

        Raises:
            NotFoundError: There is none for this platform.
            RegistryError: The registry does not answer as it should.
        """
        ...

    async def get(
        self, name: Reference, wanted: Platform | None, known: Known, report: Report
    ) -> Pulled:
        """Get the image with a name that was found.

        Args:
            name: The name.
            wanted: The platform to get it for; None for the default.
            known: What need not be read, or was read before.
            report: Is told of each layer.

        Raises:
            NotFoundError: There is none for this platform.
            RegistryError: The registry does not answer as it should.
            ArchiveError: The image cannot be read, or exceeds the limits.
        """
        ...

    async def close(self) -> None:
        """Free all resources."""
        ...
