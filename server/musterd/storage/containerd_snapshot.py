"""A view of a catalogue in the style of Docker's containerd store."""

from collections.abc import Hashable, Iterator

from msgspec.structs import replace

from musterd.images.config import diff_ids
from musterd.images.event import Event
from musterd.images.image import Image, Layer
from musterd.images.platform import Platform
from musterd.listing import containerd
from musterd.listing.containerd import ContainerdImage, ContainerdImages
from musterd.listing.lookup import ImageName
from musterd.listing.prefilter import Prefilter
from musterd.listing.source import Candidate
from musterd.storage.snapshot import Snapshot


class ContainerdSnapshot:
    """A consistent view of an account in the style of the containerd store.

    The methods are those of `musterd.storage.snapshot.Snapshot`.
    """

    def __init__(self, images: ContainerdImages, snapshot: Snapshot, *, counts_names: bool) -> None:
        """Show *images*, which are those of *snapshot*.

        Args:
            images: The images.
            snapshot: What the catalogue has, for what the images do not have with them.
            counts_names: Whether names are counted as images.
        """
        self._images = images
        self._snapshot = snapshot
        self._counts_names = counts_names
        self.revision = images.revision

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are at most *most* images."""
        return self._images.has_at_most(most)

    def candidates(self, prefilter: Prefilter, undated: int) -> list[Candidate]:
        """Return the images that meet *prefilter*, newest first."""
        return self._images.candidates(prefilter, undated)

    def in_memory(self, candidates: list[Candidate], undated: int) -> ContainerdImages:
        """Return a source of all images."""
        del candidates, undated
        return self._images

    def rendered(self, key: Hashable) -> dict[str, bytes] | None:
        """Return the images that were rendered for listings of the same kind, to add others."""
        return self._images.rendered(key)

    def targets(self) -> list[ContainerdImage]:
        """Return all images with what their names point to, without their layers."""
        return list(self._images.by_id.values())

    def blobs(self) -> Iterator[str]:
        """Yield the digests of the configs and packed layers that are there."""
        for image in self._images.by_id.values():
            for manifest in () if image.target is None else image.target.manifests:
                yield from (digest for digest, _ in manifest.blobs)

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        return self._images.find(name)

    def events(self, after: int = 0) -> list[tuple[int, Event]]:
        """Return the events that are still known, in order, with their growing numbers."""
        return self._snapshot.events(after)

    def count(self) -> int:
        """Return the number of images; some releases count names instead."""
        if self._counts_names:
            return sum(max(1, len(image.tags)) for image in self._images.all())
        return self._images.count()

    def of_platform(self, image: Image, wanted: Platform | None, name: str) -> Image:
        """Return an existing image with the config of one platform.

        Args:
            image: The image.
            wanted: The platform; None for the one that a listing shows.
            name: The name of the image in messages.

        Raises:
            NotFoundError: The image does not have it.
        """
        known = self._images.by_id[image.id]
        if wanted is not None:
            known = containerd.of_platform(known, wanted, name)
        return replace(known, config=self._config(known))

    def _config(self, image: ContainerdImage) -> bytes | None:
        best = image.best
        if best is not None and best.config is not None:
            return best.config.encode()
        if not image.has_image or image.is_absent:
            return None
        return self._snapshot.config(image.stored)

    def layers(self, image_id: str) -> tuple[Layer, ...] | None:
        """Return the layers that an image shows; None if they are unknown."""
        image = self._images.by_id[image_id]
        return _layers(image, self._snapshot.layers(image.stored))

    def all(self) -> Iterator[Image]:
        """Yield all images with everything known about them except their configs."""
        known = self._snapshot.all_layers()
        for image in self._images.by_id.values():
            yield replace(image, layers=_layers(image, known[image.stored]))

    def close(self) -> None:
        """Release unread results."""
        self._snapshot.close()

    def lineage(self, image: Image) -> Iterator[Image]:
        """Yield *image* alone: a loaded image has no parents here."""
        yield image


def _layers(image: ContainerdImage, known: tuple[Layer, ...] | None) -> tuple[Layer, ...] | None:
    """Return the layers with the sizes of their snapshots, as far as both are known."""
    best = image.best
    if image.target is None:
        return known
    if best is not None and best.image != image.stored:
        known = (
            None
            if best.config is None
            else tuple(Layer(digest, 0) for digest in diff_ids(best.config.encode()))
        )
    if best is None or known is None:
        return None
    sizes = best.snapshots or (0,) * len(known)
    return tuple(Layer(layer.digest, size) for layer, size in zip(known, sizes, strict=True))
