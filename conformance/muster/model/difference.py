"""The difference between a listing and the expected one, in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise

from muster.model.image import Image
from muster.model.oracle import Expected

OTHER_IMAGES = "lists other images than the full listing implies"
OTHER_TAGS = "shows other RepoTags than the full listing implies"

LIMIT = 10
"""Lines to show; the rest is only counted."""


def smallest(
    answers: Iterable[Expected],
    got: Sequence[Image],
    differ: Callable[[Expected, Sequence[Image]], list[str]],
) -> tuple[str, ...]:
    """Return the difference between *got* and the nearest of *answers*; empty if it equals one."""
    return truncate(min((differ(answer, got) for answer in answers), key=len))


def image_differences(expected: Expected, got: Sequence[Image]) -> list[str]:
    """Return the images that are missing from *got*, and those that should not be there."""
    wanted, present = {i.id for i in expected.images}, {i.id for i in got}
    lines = [
        f"- missing: {image}"
        for image in expected.images
        if image.id not in present and image.id not in expected.optional
    ]
    return lines + [f"+ unexpected: {image}" for image in got if image.id not in wanted]


def tag_differences(expected: Expected, got: Sequence[Image]) -> list[str]:
    """Return the images in both whose `RepoTags` differ, ignoring order."""
    lines: list[str] = []
    for wanted, image in _pairs(expected.images, got):
        if sorted(image.tags) != sorted(wanted.tags):
            lines.append(f"- RepoTags of {image.id}: {_list(wanted.tags)}")
            lines.append(f"+ RepoTags of {image.id}: {_list(image.tags)}")
    return lines


def field_differences(
    expected: Sequence[Image], got: Sequence[Image], without: Collection[str] = ("RepoDigests",)
) -> list[str]:
    """Return the images in both with a different value of a member that is not in *without*."""
    lines: list[str] = []
    for wanted, image in _pairs(expected, got):
        for name in sorted(wanted.raw.keys() | image.raw.keys()):
            before, after = wanted.raw.get(name), image.raw.get(name)
            if name not in without and before != after:
                lines.append(f"- {name} of {image.id}: {before!r}")
                lines.append(f"+ {name} of {image.id}: {after!r}")
    return lines


def order_differences(expected: Sequence[Image], got: Sequence[Image]) -> list[str]:
    """Return the first neighbours of *got* that are not newest first, if *expected* is."""
    if _first_ascent(expected) is not None:
        return []
    ascent = _first_ascent(got)
    if ascent is None:
        return []
    older, newer = ascent
    return [f"- {newer} before {older}", f"+ {older} before {newer}"]


def _first_ascent(images: Sequence[Image]) -> tuple[Image, Image] | None:
    """Return the first two neighbours of which the second was created later."""
    for one, other in pairwise(images):
        if one.created is not None and other.created is not None and one.created < other.created:
            return one, other
    return None


def _pairs(expected: Sequence[Image], got: Sequence[Image]) -> list[tuple[Image, Image]]:
    """Pair each image of *got* with that of *expected*; other rules report duplicate Ids."""
    once, there = _once(expected), _once(got)
    return [(once[name], image) for name, image in there.items() if name in once]


def _once(images: Sequence[Image]) -> dict[str, Image]:
    counts = Counter(image.id for image in images)
    return {image.id: image for image in images if counts[image.id] == 1}


def truncate(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first lines, and the number of lines left out."""
    if len(lines) <= LIMIT:
        return tuple(lines)
    return (*lines[:LIMIT], f"… and {len(lines) - LIMIT} more lines")


def _list(references: Iterable[str]) -> str:
    return "[" + ", ".join(sorted(references)) + "]"
