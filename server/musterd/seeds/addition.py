"""Add described images to a catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeGuard

from msgspec.structs import replace

from musterd.contract import rules
from musterd.contract.versions import NEWEST
from musterd.errors import RequestError, SeedError
from musterd.images.image import Image
from musterd.images.image_id import digits
from musterd.images.reference import Reference
from musterd.listing.lookup import ImageName
from musterd.seeds.build import build
from musterd.seeds.description import ImageDescription
from musterd.storage.store import ImageStore

# Images, or descriptions of images, to add to a catalogue.
Item = Image | ImageDescription


def add(store: ImageStore, items: Sequence[Item]) -> list[Image]:
    """Add images and described images, all or none, and return them.

    The parent of a described image is an earlier one of them, or in the catalogue.

    Raises:
        SeedError: A parent is unknown, or larger than its child; or an image is pullable, so that
            it does not belong into a catalogue.
        DatabaseError: The store cannot be read or written.
    """
    for item in items:
        if is_pullable(item):
            raise SeedError(
                f"{item.origin} is pullable: only `musterd serve --images` and servers for tests "
                "have images to pull",
                "pullable",
            )
    images = _resolved(items, partial(_stored, store))
    store.put(images)
    return images


def resolve(items: Sequence[Item]) -> list[Image]:
    """Return images and described images, to fill an empty catalogue with.

    Raises:
        SeedError: A parent is unknown, or larger than its child.
    """
    return _resolved(items, lambda _name: None)


def pullable(items: Sequence[Item]) -> list[Image]:
    """Return those of the described images that are not in the catalogue, but can be pulled.

    Raises:
        SeedError: A parent is unknown, or larger than its child.
    """
    return _built(items, lambda _name: None).pullable


def pullable_of(store: ImageStore, items: Sequence[Item]) -> list[Image]:
    """Return the images to pull like `pullable`, whose parents may be in a catalogue.

    Raises:
        SeedError: A parent is unknown, or larger than its child.
        DatabaseError: The store cannot be read.
    """
    return _built(items, partial(_stored, store)).pullable if any(map(is_pullable, items)) else []


def is_pullable(item: Item) -> TypeGuard[ImageDescription]:
    """Tell whether an item is a description of an image to pull."""
    return isinstance(item, ImageDescription) and item.pullable


def _resolved(items: Sequence[Item], find: Callable[[ImageName], Image | None]) -> list[Image]:
    images = [item for item in items if isinstance(item, Image)]
    if len(images) == len(items):
        return images
    return list(_built(items, find).images.values())


def _built(items: Sequence[Item], find: Callable[[ImageName], Image | None]) -> "_Built":
    built = _Built(find)
    for item in items:
        image = item if isinstance(item, Image) else build(item, built.parent(item))
        if is_pullable(item):
            built.pullable.append(image)
        else:
            built.append(image)
    return built


def _stored(store: ImageStore, name: ImageName) -> Image | None:
    """Return an image of the catalogue, with its layers and its config."""
    with store.snapshot() as snapshot:
        found = snapshot.find(name)
        if found is None:
            return None
        return next(image for image in snapshot.images() if image.id == found.id)


@dataclass(frozen=True, slots=True)
class _Built:
    """The images built so far, by Id; a tag belongs to the last image that got it.

    Those to pull are apart, and take no tags.
    """

    find: Callable[[ImageName], Image | None]
    images: dict[str, Image] = field(default_factory=dict)
    names: dict[Reference, str] = field(default_factory=dict)
    pullable: list[Image] = field(default_factory=list)

    def append(self, image: Image) -> None:
        for tag in image.tags:
            loser = self.images.get(self.names.get(tag, image.id), image)
            if loser.id != image.id:
                kept = tuple(each for each in loser.tags if each != tag)
                self.images[loser.id] = replace(loser, tags=kept)
        self.names.update(dict.fromkeys((*image.tags, *image.digests), image.id))
        self.images[image.id] = image

    def parent(self, description: ImageDescription) -> Image | None:
        """Return the parent of a described image, if it has one.

        Raises:
            SeedError: There is no such image.
        """
        if description.parent is None:
            return None
        where, text = description.origin, description.parent
        try:
            name = ImageName.parse(text, rules.at(NEWEST))
        except RequestError as error:
            raise SeedError(
                f"{where}: the parent {text!r} is not an image name: {error}", "parent"
            ) from None
        found = self._built(name) or self.find(name)
        if found is None and description.pullable:
            found = next((each for each in self.pullable if name.reference in each.tags), None)
        if found is None:
            raise SeedError(
                f"{where}: there is no parent {text!r}; describe or add it first", "parent"
            )
        return found

    def _built(self, name: ImageName) -> Image | None:
        if name.reference in self.names:
            return self.images[self.names[name.reference]]
        if name.id is None:
            return None
        prefix = name.id.digits
        found = [each for each in self.images.values() if digits(each.id).startswith(prefix)]
        return found[0] if len(found) == 1 else None
