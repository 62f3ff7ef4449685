"""How a listing departs from the one that was expected, in lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muster.image import Image
from muster.model import Expected

LIMIT = 10
"""Lines after which the rest is only counted."""


def of_images(expected: Expected, got: Sequence[Image]) -> list[str]:
    """Images that are missing from *got*, or are there and should not be."""
    wanted, present = {i.id for i in expected.images}, {i.id for i in got}
    lines = [
        f"- missing: {image}"
        for image in expected.images
        if image.id not in present and image.id not in expected.optional
    ]
    return lines + [f"+ unexpected: {image}" for image in got if image.id not in wanted]


def of_tags(expected: Expected, got: Sequence[Image]) -> list[str]:
    """Images, in both, whose `RepoTags` are not those expected, whatever their order."""
    tags = {image.id: image.tags for image in expected.images}
    lines: list[str] = []
    for image in got:
        if image.id in tags and sorted(image.tags) != sorted(tags[image.id]):
            lines.append(f"- RepoTags of {image.id}: {_list(tags[image.id])}")
            lines.append(f"+ RepoTags of {image.id}: {_list(image.tags)}")
    return lines


def of_fields(expected: Iterable[Image], got: Iterable[Image]) -> list[str]:
    """Images, in both, of which a member has another value or is missing, except `RepoDigests`."""
    raw = {image.id: image.raw for image in expected}
    lines: list[str] = []
    for image in got:
        other = raw.get(image.id, image.raw)
        for name in sorted(other.keys() | image.raw.keys()):
            before, after = other.get(name), image.raw.get(name)
            if name != "RepoDigests" and before != after:
                lines.append(f"- {name} of {image.id}: {before!r}")
                lines.append(f"+ {name} of {image.id}: {after!r}")
    return lines


def cut(lines: Sequence[str]) -> tuple[str, ...]:
    """The first lines, and a count of the others."""
    if len(lines) <= LIMIT:
        return tuple(lines)
    return (*lines[:LIMIT], f"… and {len(lines) - LIMIT} more lines")


def _list(references: Iterable[str]) -> str:
    return "[" + ", ".join(sorted(references)) + "]"
