"""The state of a store, for comparisons."""

from musterd.images.image import Image
from musterd.storage.store import ImageStore


def state(store: ImageStore) -> tuple[int, list[Image]]:
    """Return the revision and all images, consistently."""
    with store.snapshot() as snapshot:
        return snapshot.revision, snapshot.images()
