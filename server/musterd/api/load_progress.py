"""What a client is told of the images that it has loaded, as Docker words it (moby v20.10)."""

from collections.abc import Iterable, Iterator, Sequence

from musterd.images.image import Image, Layer
from musterd.images.image_id import ImageId
from musterd.images.reference import Reference

_BAR = 50
_THOUSAND = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def image_lines(images: Sequence[Image], moved: dict[Reference, str]) -> Iterator[dict[str, str]]:
    """Say what was loaded, by Id only if nothing has a name (``image/tarexport/load.go``).

    Args:
        images: What was loaded.
        moved: The tags that another image has lost, each with its Id.
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
    """Say that the layers of *images* are there, each once, as a bar that is full."""
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
    """Write a size as Go's ``go-units`` does: four digits, in powers of a thousand."""
    unit = 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size /= _THOUSAND
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"
