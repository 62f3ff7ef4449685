"""What a store holds, for comparison."""

from musterd.images.image import Image
from musterd.storage.store import ImageStore


def state(store: ImageStore) -> tuple[int, list[Image]]:
    """Return the revision and all images, as they are at one moment."""
    with store.snapshot() as snapshot:
        return snapshot.revision, snapshot.images()
