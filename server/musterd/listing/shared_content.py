"""The size that images of the containerd store share with others."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from musterd.images.image import Image
from musterd.images.target import Manifest
from musterd.listing.containerd import ContainerdImage
from musterd.listing.deadline import Deadline


def shared_content(images: Iterable[Image], deadline: Deadline, *, packed: bool) -> dict[str, int]:
    """Return by Id how many bytes each image shares with the others.

    moby v28.5.2 ``daemon/containerd/image_list.go:computeSharedSize`` counts unpacked layers;
    Docker 29 counts packed content too. An image with unknown content keeps the number from its
    source, or gets 0.

    Args:
        images: The images to compare: those of one listing.
        deadline: The time limit.
        packed: Whether packed content counts.

    Raises:
        UnavailableError: The time is over.
    """
    found = list(deadline.over(images))
    parts = {image.id: dict(_parts(image, packed=packed)) for image in deadline.over(found)}
    uses = Counter(key for own in parts.values() for key in own)
    return {
        image.id: sum(size for key, size in parts[image.id].items() if uses[key] > 1)
        if parts[image.id]
        else image.shared_size or 0
        for image in deadline.over(found)
    }


def _parts(image: Image, *, packed: bool) -> Iterator[tuple[Hashable, int]]:
    """Yield what an image takes: a key for each part, and its size in bytes."""
    if not isinstance(image, ContainerdImage) or image.target is None:
        return
    for manifest in image.target.manifests:
        yield from _unpacked(manifest)
        if packed and manifest.available and manifest.blobs:
            yield manifest.descriptor.digest, manifest.descriptor.size
            yield from manifest.blobs


def _unpacked(manifest: Manifest) -> Iterator[tuple[Hashable, int]]:
    """Yield the unpacked layers; one is shared only on top of the same layers."""
    chain: tuple[Hashable, ...] = ()
    # The first blob is the config.
    for (digest, _), size in zip(manifest.blobs[1:], manifest.snapshots, strict=False):
        chain = (chain, digest)
        yield chain, size
