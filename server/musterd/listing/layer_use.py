"""The space that the layers of images take."""

from collections import Counter
from collections.abc import Iterable

from musterd.images.image import Image
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.shared_size import Chains


class LayerUse:
    """The layers of a set of images, each counted once.

    Two images share a layer if both have it on top of the same layers (moby v20.10.24
    ``daemon/images/images.go:LayerDiskUsage``). An image with unknown layers counts with what it
    does not share, according to its source.
    """

    def __init__(self, images: Iterable[Image], deadline: Deadline = UNLIMITED) -> None:
        """Count the layers of *images*.

        Raises:
            UnavailableError: The time is over.
        """
        self._chains = Chains()
        self._uses: Counter[int] = Counter()
        self.size = 0
        for image in deadline.over(images):
            for chain, size in self._chains.of(image):
                self._uses[chain] += 1
                if self._uses[chain] == 1:
                    self.size += size
            self.size += _alone(image)

    def release(self, image: Image) -> int:
        """Remove one of the images; return the bytes that no other image needs."""
        before = self.size
        for chain, size in self._chains.of(image):
            self._uses[chain] -= 1
            if not self._uses[chain]:
                self.size -= size
        self.size -= _alone(image)
        return before - self.size


def _alone(image: Image) -> int:
    """Return what an image with unknown layers takes alone, and 0 for any other."""
    return 0 if image.layers is not None else image.virtual_size - (image.shared_size or 0)
