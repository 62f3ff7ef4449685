"""The messages for a client that loads images, in Docker's words (moby v20.10)."""

from collections.abc import Iterable, Iterator, Sequence

from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.registry import progress


def image_lines(images: Sequence[Image], moved: dict[Reference, str]) -> Iterator[dict[str, str]]:
    """Yield a line for each name, or Id if there are no names (``image/tarexport/load.go``).

    Args:
        images: The loaded images.
        moved: The tags that moved, with the Id of the image that had each.
    """
    has_names = any(image.tags for image in images)
    for image in images:
        for tag in image.tags:
            if tag in moved:
                yield {
                    "stream": f"The image {tag.familiar} already exists, renaming the old one "
                    f"with ID {moved[tag]} to empty string\n"
                }
            yield {"stream": f"Loaded image: {tag.familiar}\n"}
        if not has_names:
            yield {"stream": f"Loaded image ID: {image.id}\n"}


def layer_lines(images: Iterable[Image]) -> Iterator[progress.Line]:
    """Yield a full progress bar for each distinct layer of *images*."""
    layers = dict.fromkeys(layer for image in images for layer in image.layers or ())
    for layer in layers:
        yield progress.transfer("Loading layer", layer.digest, layer.size, layer.size)
