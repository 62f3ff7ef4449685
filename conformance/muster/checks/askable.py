"""Labels that a query can ask for: servers may refuse a request target of many kilobytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from muster.model.image import Image

LONGEST = 2_400
"""Bytes of the longest label to ask for; percent-encoding writes up to three times as many."""


def labels(image: Image) -> Mapping[str, str]:
    """Return the labels of *image* that fit in the query of every server."""
    return {
        key: value
        for key, value in image.labels.items()
        if len(key.encode()) + len(value.encode()) <= LONGEST
    }


def keys(images: Iterable[Image]) -> list[str]:
    """Return the keys of such labels, sorted, each once."""
    return sorted({key for image in images for key in labels(image)})


def pairs(images: Iterable[Image]) -> list[tuple[str, str]]:
    """Return such labels as key and value, sorted, each once."""
    return sorted({pair for image in images for pair in labels(image).items()})
