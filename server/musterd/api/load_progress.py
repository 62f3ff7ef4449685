"""The messages for a client that loads images, in Docker's words (moby v20.10)."""

from collections.abc import Iterable, Iterator, Sequence

from musterd.images.image import Image, Layer
from musterd.images.image_id import ImageId
from musterd.images.reference import Reference

_BAR = 50
_THOUSAND = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


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


def layer_lines(images: Iterable[Image]) -> Iterator[dict[str, object]]:
    """Yield a full progress bar for each distinct layer of *images*."""
    layers = dict.fromkeys(layer for image in images for layer in image.layers or ())
    return map(_layer_line, layers)


def _layer_line(layer: Layer) -> dict[str, object]:
    size = _human_size(layer.size)
    return {
        "status": "Loading layer",
        "progressDetail": {"current": layer.size, "total": layer.size},
        "progress": f"[{'=' * _BAR}>]  {size}/{size}",
        "id": ImageId.of(layer.digest).short,
    }


def _human_size(size: float) -> str:
    """Format a size like Go's ``go-units``: four digits, in powers of a thousand."""
    unit = 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size /= _THOUSAND
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"
