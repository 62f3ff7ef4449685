"""Render a listing for an API version.

The contract's rules `image.*`; moby v1.11.2 ``daemon/images.go:Images``, v20.10.24 and later
``daemon/images/images.go:Images``. This module does no input or output: it turns images, a query
and the rules of the API version into the body of the response.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec

from musterd.contract.models import ImageSummary
from musterd.contract.rules import Rules
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.listing import containerd
from musterd.listing.containerd import ContainerdImage
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.manifests import shown
from musterd.listing.query import ListQuery
from musterd.listing.select import select
from musterd.listing.shared_content import shared_content
from musterd.listing.shared_size import shared_sizes
from musterd.listing.source import ListedImage, Source

# Shown in `RepoTags` and `RepoDigests` of an image without a name, for clients to display.
NO_TAG = "<none>:<none>"
NO_DIGEST = "<none>@<none>"

_NOT_COUNTED = -1
# Images rendered together: few enough to hold in memory, and enough for speed, as a server sends
# each piece of a cached response before it renders the next.
_PIECE = 2000


def pieces(
    source: Source,
    query: ListQuery,
    rules: Rules,
    rendered: MutableMapping[str, bytes] | None = None,
    deadline: Deadline = UNLIMITED,
) -> Iterator[bytes]:
    """Yield the body of the response to *query* about the images of *source*, piece by piece.

    Args:
        source: The images.
        query: The parsed query.
        rules: The rules of the request's API version.
        rendered: A cache for these rules: by Id, the rendered images with all their names, with or
            without digests as the query asks. New images are added; None for no cache.
        deadline: The time limit.

    Raises:
        RequestError: The query names an unknown image, a pattern is malformed, or the time is over.
    """
    selected = select(source, query, rules, deadline)
    shared = None
    if query.shared_size:
        selected, shared = _with_shared_sizes(source, selected, rules, deadline)
    # Shared sizes depend on the other images.
    kept = None if shared is not None else rendered
    texts = (
        _text(entry, query, rules, shared, kept if is_whole else None)
        for entry, is_whole in selected
    )
    start, some = b"[", b",".join(islice(texts, _PIECE))
    while following := b",".join(islice(texts, _PIECE)):
        yield start + some
        start, some = b",", following
    yield start + some + b"]\n"


def _with_shared_sizes(
    source: Source, selected: Iterator[tuple[ListedImage, bool]], rules: Rules, deadline: Deadline
) -> tuple[Iterator[tuple[ListedImage, bool]], Mapping[str, int]]:
    """Return what is selected, and what each image shares with others.

    The containerd store compares only the images that are selected.
    """
    if not rules.containerd:
        return selected, shared_sizes(source.all(), deadline)
    entries = list(selected)
    images = (entry.image for entry, _ in entries)
    return iter(entries), shared_content(images, deadline, packed=rules.shares_content)


def show_tags(image: Image, tags: Sequence[Reference], rules: Rules) -> list[str]:
    """Return *tags* as responses show them: in the image's own order, if it has one."""
    return _show(tags if image.own_order else _in_order(tags, rules))


def show_digests(digests: Sequence[Reference], rules: Rules) -> list[str]:
    """Return *digests* as responses show them."""
    return _show(_in_order(digests, rules))


def names(entry: ListedImage, rules: Rules) -> tuple[list[str] | None, list[str] | None]:
    """Return `RepoTags` and `RepoDigests`; placeholders always come in pairs."""
    tags = show_tags(entry.image, entry.tags, rules)
    if isinstance(entry.image, ContainerdImage):
        digests = _digest_of_last(entry.image, entry.tags)
    else:
        digests = show_digests(entry.digests, rules)
    if not rules.placeholders:
        return tags, digests
    return ([NO_TAG], [NO_DIGEST]) if not (tags or digests) else (tags or None, digests or None)


def _digest_of_last(image: ContainerdImage, tags: Sequence[Reference]) -> list[str]:
    """Return the digest of an image of the containerd store, under the last of its names."""
    if not image.has_image:
        return [image.id]
    return containerd.digests(image, tags)[-1:]


def _text(
    entry: ListedImage,
    query: ListQuery,
    rules: Rules,
    shared: Mapping[str, int] | None,
    rendered: MutableMapping[str, bytes] | None,
) -> bytes:
    """Return an image as JSON, from the cache *rendered* if possible."""
    image_id = entry.image.id
    if rendered is not None and (known := rendered.get(image_id)) is not None:
        return known
    size = None if shared is None else shared[image_id]
    text = msgspec.json.encode(_summary(entry, query, rules, size))
    if rendered is not None:
        rendered[image_id] = text
    return text


def _summary(
    entry: ListedImage, query: ListQuery, rules: Rules, shared: int | None
) -> ImageSummary:
    image = entry.image
    labels = _labels(image)
    repo_tags, repo_digests = names(entry, rules)
    if query.null_names:
        repo_tags = show_tags(image, entry.tags, rules) or None
        repo_digests = show_digests(entry.digests, rules) or None
    # Clients hide an image that shows no name, so an image without tags always shows its digests.
    hides_digests = rules.seed_shape and entry.tags and not query.digests
    containers = (image.containers or 0) if rules.counts_containers else _NOT_COUNTED
    if isinstance(image, ContainerdImage):
        if not image.has_image:
            containers = _NOT_COUNTED
        elif rules.empty_labels:
            labels = labels or {}
    summary = ImageSummary(
        id=image.id,
        parent_id=image.parent or (msgspec.UNSET if rules.seed_shape else ""),
        repo_tags=repo_tags,
        repo_digests=msgspec.UNSET if hides_digests else repo_digests,
        created=image.shown_created(rules.undated),
        # Without `VirtualSize`, `Size` includes the parents.
        size=image.virtual_size if rules.whole_size else image.size,
        virtual_size=_virtual_size(image, rules),
        shared_size=(_NOT_COUNTED if shared is None else shared) if rules.counts else msgspec.UNSET,
        containers=containers if rules.counts else msgspec.UNSET,
        labels=labels or {} if rules.seed_shape else labels,
    )
    if isinstance(image, ContainerdImage):
        _describe(summary, image, entry.tags, query, rules)
    return summary


def _describe(
    summary: ImageSummary,
    image: ContainerdImage,
    tags: Sequence[Reference],
    query: ListQuery,
    rules: Rules,
) -> None:
    """Add the members that only the containerd store has."""
    described = image.descriptor(tags)
    if described is None or image.target is None:
        return
    members: Any = summary
    if rules.descriptor:
        members.descriptor = described
    if query.manifests and image.target.manifests:
        members.manifests = shown(image.target.manifests, described, identity=query.identity)


def _virtual_size(image: Image, rules: Rules) -> int | msgspec.UnsetType:
    shown = rules.virtual_size and (image.virtual_size or rules.virtual_size_of_empty)
    return image.virtual_size if shown else msgspec.UNSET


def _in_order(names: Sequence[Reference], rules: Rules) -> Sequence[Reference]:
    if len(names) < 2:  # noqa: PLR2004  # nothing to sort
        return names
    return sorted(names, key=attrgetter("full" if rules.full_order else "familiar"))


def _show(names: Iterable[Reference]) -> list[str]:
    return [name.familiar for name in names]


def _labels(image: Image) -> dict[str, str] | None:
    return None if image.labels is None else dict(sorted(image.labels.items()))
