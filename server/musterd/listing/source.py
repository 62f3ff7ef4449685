"""Sources of images for a listing: the protocol, and images in memory."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

import msgspec

from musterd.images.image import Image
from musterd.images.image_id import digits
from musterd.images.reference import Reference
from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import Index, Prefilter

_ALL = Prefilter()


class ListedImage(msgspec.Struct, frozen=True):
    """An image with the names that the query admits.

    Attributes:
        image: The image.
        tags: The admitted names with a tag.
        digests: The admitted names with a digest.
    """

    image: Image
    tags: tuple[Reference, ...]
    digests: tuple[Reference, ...]


class Candidate(msgspec.Struct, frozen=True):
    """An image that a query may admit.

    Attributes:
        entry: The image with all its names.
        has_children: Whether it is the parent of other images.
    """

    entry: ListedImage
    has_children: bool


class Source(Protocol):
    """A consistent set of images."""

    @property
    def revision(self) -> int:
        """A number that every write changes; while it is the same, so are the images."""
        ...

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are at most *most* images, without counting further."""
        ...

    def candidates(self, prefilter: Prefilter, undated: int) -> Iterable[Candidate]:
        """Return the images, newest first, and by Id within a second.

        Args:
            prefilter: Conditions; images that do not meet them may be left out.
            undated: `Created` of an image without a creation date.
        """
        ...

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        ...

    def all(self) -> Iterable[Image]:
        """Return all images with everything known about them except their configs."""
        ...


class Images:
    """A source of images in memory."""

    def __init__(self, images: Iterable[Image], revision: int = 0) -> None:
        self._images = list(images)
        self.revision = revision
        self._candidates: dict[int, list[Candidate]] = {}
        self._indexes: dict[int, Index] = {}

    @classmethod
    def ordered(cls, candidates: list[Candidate], undated: int, revision: int) -> "Images":
        """Return a source of *candidates* in the order that `candidates` returns for *undated*."""
        images = cls((each.entry.image for each in candidates), revision)
        images._candidates[undated] = candidates
        return images

    def count(self) -> int:
        """Return the number of images."""
        return len(self._images)

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are at most *most* images."""
        return self.count() <= most

    def candidates(self, prefilter: Prefilter, undated: int) -> list[Candidate]:
        """Return the images that meet *prefilter*, newest first, and by Id within a second."""
        if undated not in self._candidates:
            self._candidates[undated] = self._sorted(undated)
        candidates = self._candidates[undated]
        if prefilter == _ALL:
            return candidates
        if undated not in self._indexes:
            self._indexes[undated] = Index([each.entry.image for each in candidates])
        return [candidates[position] for position in self._indexes[undated].positions(prefilter)]

    def leaves_at_most(self, most: int, prefilter: Prefilter, undated: int) -> bool:
        """Tell whether `candidates` returns at most *most* images, if that is cheap to find out."""
        if self.has_at_most(most):
            return True
        index = self._indexes.get(undated)
        if index is None or prefilter == _ALL:
            return False
        return len(index.positions(prefilter)) <= most

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        found = None if name.reference is None else self._by_name.get(name.reference)
        if found is not None or name.id is None:
            return found
        ids, images = self._by_id
        start = bisect_left(ids, name.id.digits)
        # Two matches are enough to know that the prefix is ambiguous.
        same = [each for each in ids[start : start + 2] if each.startswith(name.id.digits)]
        return images[start] if len(same) == 1 else None

    def all(self) -> Sequence[Image]:
        """Return all images."""
        return self._images

    def _sorted(self, undated: int) -> list[Candidate]:
        parents = digits_of_parents(self._images)
        images = sorted(self._images, key=lambda image: (-image.shown_created(undated), image.id))
        return [
            Candidate(ListedImage(image, image.tags, image.digests), digits(image.id) in parents)
            for image in images
        ]

    @cached_property
    def _by_name(self) -> Mapping[Reference, Image]:
        """Images by name; for a digest that several images have, the one with the lowest Id."""
        return {
            name: image
            for image in sorted(self._images, key=lambda image: image.id, reverse=True)
            for name in (*image.tags, *image.digests)
        }

    @cached_property
    def _by_id(self) -> tuple[list[str], list[Image]]:
        """The digits of all Ids, sorted, and the images in the same order."""
        images = sorted(self._images, key=lambda image: digits(image.id))
        return [digits(image.id) for image in images], images


def digits_of_parents(images: Iterable[Image]) -> set[str]:
    """Return the digits of the parents' Ids."""
    return {digits(image.parent) for image in images if image.parent is not None}
