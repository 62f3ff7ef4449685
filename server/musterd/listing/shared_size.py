"""The size that images share with others."""

from collections import Counter
from collections.abc import Iterable, Iterator

from musterd.images.image import Image
from musterd.images.image_id import digits
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.source import digits_of_parents


def shared_sizes(images: Iterable[Image], deadline: Deadline = UNLIMITED) -> dict[str, int]:
    """Return by Id how many bytes each image shares with others.

    A layer is shared if two images have it on top of the same layers, not counting images that are
    only intermediate (moby v23.0.0 ``daemon/images/images.go:getLayerRefs``). An image with unknown
    layers keeps the number from its source, or gets 0.

    Raises:
        UnavailableError: The time is over.
    """
    images = list(deadline.over(images))
    chains = Chains()
    parents = digits_of_parents(images)
    uses = Counter(
        chain
        for image in deadline.over(images)
        if image.tags or image.digests or digits(image.id) not in parents
        for chain, _ in chains.of(image)
    )
    return {
        image.id: sum(size for chain, size in chains.of(image) if uses[chain] > 1)
        if image.layers is not None
        else image.shared_size or 0
        for image in deadline.over(images)
    }


class Chains:
    """Numbers for chains of layers; equal chains of digests get the same number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}

    def of(self, image: Image) -> Iterator[tuple[int, int]]:
        """Yield, for each layer of an image, the number of the chain up to it and its size."""
        chain = 0
        for layer in image.layers or ():
            chain = self._numbers.setdefault((chain, layer.digest), len(self._numbers) + 1)
            yield chain, layer.size
