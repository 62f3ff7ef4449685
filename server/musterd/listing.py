"""List Images itself: which images, which of their names, in which order, in which shape.

The contract's rules `list.*` and `image.*`; moby v1.11.2 ``daemon/images.go:Images``. Nothing here
does input or output: images and a query go in, the body of the answer comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from musterd.filters import Filters, NameFilter
from musterd.image import Image
from musterd.reference import Reference

#: What stands in `RepoTags` and `RepoDigests` of an image without a name, so that clients show it.
NO_TAG = "<none>:<none>"
NO_DIGEST = "<none>@<none>"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a request asks for."""

    all: bool = False
    digests: bool = False
    filters: Filters = field(default_factory=Filters)
    name: NameFilter | None = None


@dataclass(frozen=True, slots=True)
class ListedImage:
    """An image with those of its names that the query admits."""

    image: Image
    tags: tuple[Reference, ...]
    digests: tuple[Reference, ...]


class ImageSummary(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One element of the answer; the fields stand in the order of Docker 1.11.2."""

    id: str
    parent_id: str | msgspec.UnsetType
    repo_tags: list[str] | None
    repo_digests: list[str] | msgspec.UnsetType | None
    created: int
    size: int
    virtual_size: int
    labels: Mapping[str, str] | None


def answer(images: Iterable[Image], query: ListQuery) -> bytes:
    """Return the body of the answer to *query*, where *images* are all there are."""
    listed = select(images, query)
    return _encode([_summary(entry, digests=query.digests) for entry in listed])


def export(images: Iterable[Image]) -> bytes:
    """Return all *images* as a listing that says as much of them as a listing can."""
    listed = select(images, ListQuery(all=True))
    return _encode(
        [
            msgspec.structs.replace(_summary(entry, digests=True), labels=_labels(entry.image))
            for entry in listed
        ]
    )


def select(images: Iterable[Image], query: ListQuery) -> list[ListedImage]:
    """Return what *query* admits of *images*, newest first, and by Id within a second."""
    images = list(images)
    parents = {_digits(image.parent) for image in images if image.parent is not None}
    listed = [
        entry
        for image in images
        if query.filters.admit_labels_of(image)
        if (entry := _admit(image, query, has_children=_digits(image.id) in parents)) is not None
    ]
    return sorted(listed, key=lambda entry: (-entry.image.created, entry.image.id))


def _admit(image: Image, query: ListQuery, *, has_children: bool) -> ListedImage | None:
    """Narrow the image's names to those that the query admits; None if that leaves it out."""
    dangling = query.filters.dangling
    entry = ListedImage(image, _narrow(image.tags, query.name), _narrow(image.digests, query.name))
    if entry.tags or entry.digests:
        return None if dangling else entry
    if dangling is False or query.name is not None:
        return None
    if has_children and (dangling or not query.all):
        return None
    return entry


def _narrow(names: Sequence[Reference], wanted: NameFilter | None) -> tuple[Reference, ...]:
    return tuple(name for name in names if wanted is None or wanted.admits(name))


def _digits(image_id: str) -> str:
    # Some servers put the algorithm in front of an Id but not of a ParentId.
    return image_id.removeprefix("sha256:")


def _summary(entry: ListedImage, *, digests: bool) -> ImageSummary:
    image = entry.image
    repo_tags, repo_digests = _names(entry)
    return ImageSummary(
        id=image.id,
        parent_id=msgspec.UNSET if image.parent is None else image.parent,
        repo_tags=repo_tags,
        # Clients hide an image that shows no name at all, so without tags the digests always stand.
        repo_digests=repo_digests if digests or not entry.tags else msgspec.UNSET,
        created=image.created,
        size=image.size,
        virtual_size=image.virtual_size,
        labels=_labels(image) or {},
    )


def _names(entry: ListedImage) -> tuple[list[str] | None, list[str] | None]:
    """Return what stands in `RepoTags` and `RepoDigests`: the placeholders come in pairs."""
    if not entry.tags and not entry.digests:
        return [NO_TAG], [NO_DIGEST]
    tags = [name.familiar for name in entry.tags]
    digests = [name.familiar for name in entry.digests]
    return (tags if entry.image.own_order else sorted(tags)) or None, sorted(digests) or None


def _labels(image: Image) -> dict[str, str] | None:
    return None if image.labels is None else dict(sorted(image.labels.items()))


def _encode(summaries: list[ImageSummary]) -> bytes:
    return msgspec.json.encode(summaries) + b"\n"
