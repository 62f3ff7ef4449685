"""The catalogue of a server for tests, which a test fills."""

import json
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from musterd.archives import listing_json
from musterd.images.image import Image
from musterd.seeds import addition, files
from musterd.seeds.addition import Item
from musterd.seeds.description import describe
from musterd.seeds.values import Moment
from musterd.storage.store import ImageStore

# What a catalogue can be filled with: the path of a file, or a listing.
Images = str | os.PathLike[str] | Sequence[Mapping[str, Any]]


class TestCatalogue:
    """A catalogue that a test fills; every change shows in the next response."""

    # Not a test class.
    __test__ = False

    def __init__(self, store: ImageStore, initial: Sequence[Image]) -> None:
        self._store = store
        self._initial = initial

    def add(
        self,
        *names: str,
        labels: Mapping[str, str] | None = None,
        size: str | int | None = None,
        created: Moment | None = None,
        parent: str | None = None,
        digest: str | bool = False,
        platform: str | None = None,
        platforms: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
        pullable: bool = False,
    ) -> str:
        """Add an image, and return its Id, as the engine shows it.

        What is left open is derived from the rest: the same arguments give the same Id, date, size,
        layers and digest in every process.

        Args:
            names: The names: ``app:1``, or ``app``, which means ``app:latest``. Without any, the
                image is untagged.
            labels: The labels.
            size: The size of the image including its parent: ``5MB``, ``1.5GiB``, or bytes.
            created: ``2024-01-31``, RFC 3339, a `datetime`, or seconds since 1970.
            parent: The name or Id of an image in the catalogue.
            digest: The digest in the registry, or True to derive one.
            platform: ``linux/arm64``, for example; ``linux/amd64`` by default.
            platforms: The platforms of an image for several, instead of `platform`. Graph drivers
                have the one for the first; engines with the containerd store have an index.
            config: Further members of `Config`: ``{"Cmd": ["sh"]}``.
            pullable: Whether the image is not in the catalogue, but clients can pull it by its
                names. Several may have the same name, for different platforms.

        Raises:
            SeedError: A value is invalid; nothing is added.
        """
        description = describe(
            *names,
            labels=labels,
            size=size,
            created=created,
            parent=parent,
            digest=digest,
            platform=platform,
            platforms=platforms,
            config=config,
            pullable=pullable,
        )
        (image,) = self._add([description])
        return self._id_of(image)

    def _add(self, items: Sequence[Item]) -> Sequence[Image]:
        return addition.add(self._store, items)

    def _id_of(self, image: Image) -> str:
        return image.id

    def import_listing(self, images: Sequence[Mapping[str, Any]]) -> None:
        """Add images, in the form of a response to ``GET /images/json?all=1&digests=1``.

        Only `Id`, `Created` and `Size` are required. An image replaces one with the same Id, and
        a tag moves from the image that has it.

        Raises:
            ListingError: The images are invalid or contradict each other; none is added.
        """
        self._store.put(read(images))

    def import_file(self, path: str | os.PathLike[str]) -> None:
        """Add the images in a file of any format that ``musterd import`` accepts.

        Raises:
            ImportFileError: The file cannot be imported; no image is added.
        """
        self._add(files.read(os.fspath(path)))

    def export(self) -> list[dict[str, Any]]:
        """Return all images in the form that `import_listing` takes."""
        images: list[dict[str, Any]] = json.loads(listing_json.export(self._store.images()))
        return images

    def clear(self) -> None:
        """Remove all images."""
        self._store.replace([])

    def reset(self) -> None:
        """Restore the images that the catalogue started with."""
        self._store.replace(self._initial)


def read(images: Images | None) -> list[Image]:
    """Return the images to start with.

    Args:
        images: The path of a file, or a listing; None for the sample images.

    Raises:
        ImportFileError: It cannot be imported.
    """
    if images is None:
        sample = resources.files("musterd").joinpath("sample.json").read_bytes()
        return listing_json.parse(sample, "sample.json")
    if isinstance(images, str | os.PathLike):
        return read_both(images)[0]
    return listing_json.parse(json.dumps(images).encode(), "the listing")


def read_both(images: Images | None) -> tuple[list[Image], list[Image]]:
    """Return the images to start with like `read`, and those that can be pulled.

    Raises:
        ImportFileError: They cannot be imported.
    """
    if not isinstance(images, str | os.PathLike):
        return read(images), []
    items = files.read(os.fspath(images))
    return addition.resolve(items), addition.pullable(items)
