"""List Images itself: which images, which of their names, in which order, in which shape.

The contract's rules `list.*` and `image.*`; moby v1.11.2 ``daemon/images.go:Images``, v20.10.24 and
later ``daemon/images/images.go:Images``. Nothing here does input or output: images, a query and the
rules of its API version go in, the body of the answer comes out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import msgspec

from musterd import lookup
from musterd.filters import Filters, NameFilter
from musterd.image import NEVER, Image
from musterd.lookup import digits
from musterd.models import ImageSummary
from musterd.reference import Reference
from musterd.rfc3339 import NANOSECONDS
from musterd.rules import Rules

#: What stands in `RepoTags` and `RepoDigests` of an image without a name, so that clients show it.
NO_TAG = "<none>:<none>"
NO_DIGEST = "<none>@<none>"

_NOT_COUNTED = -1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a request asks for."""

    all: bool = False
    digests: bool = False
    shared_size: bool = False
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class ListedImage:
    """An image with those of its names that the query admits."""

    image: Image
    tags: tuple[Reference, ...]
    digests: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class _Period:
    """The time in which an image must have been made, in nanoseconds; None is open."""

    after: int | None
    before: int | None

    def holds(self, moment: int | None) -> bool:
        """Tell whether *moment* lies within; None, which is no moment, does only if all do."""
        if moment is None:
            return self.after is None and self.before is None
        return (self.after is None or moment > self.after) and (
            self.before is None or moment < self.before
        )


def answer(images: Iterable[Image], query: ListQuery, rules: Rules) -> bytes:
    """Return the body of the answer to *query*, where *images* are all there are.

    Raises:
        RequestError: The query names an image that is not there, or a pattern is malformed.
    """
    images = list(images)
    shared = _shared_sizes(images) if query.shared_size else None
    return _encode(
        _summary(entry, query, rules, None if shared is None else shared[entry.image.id])
        for entry in select(images, query, rules)
    )


def select(images: Iterable[Image], query: ListQuery, rules: Rules) -> list[ListedImage]:
    """Return what *query* admits of *images*, newest first, and by Id within a second.

    Raises:
        RequestError: The query names an image that is not there, or a pattern is malformed.
    """
    images = list(images)
    parents = _parents(images)
    period = _period(images, query.filters, rules)
    listed = [
        entry
        for image in images
        if period.holds(_moment(image, rules))
        if query.filters.admit_labels_of(image)
        if (entry := _admit(image, query, rules, has_children=digits(image.id) in parents))
    ]
    return sorted(listed, key=lambda entry: (-_created(entry.image, rules), entry.image.id))


def show_tags(image: Image, tags: Iterable[Reference], rules: Rules) -> list[str]:
    """Return *tags* as an answer shows them: in the image's own order, if it has one."""
    return _show(tags if image.own_order else _in_order(tags, rules))


def show_digests(digests: Iterable[Reference], rules: Rules) -> list[str]:
    """Return *digests* as an answer shows them."""
    return _show(_in_order(digests, rules))


def names(entry: ListedImage, rules: Rules) -> tuple[list[str] | None, list[str] | None]:
    """Return what stands in `RepoTags` and `RepoDigests`: the placeholders come in pairs."""
    tags = show_tags(entry.image, entry.tags, rules)
    digests = show_digests(entry.digests, rules)
    if not rules.placeholders:
        return tags, digests
    return ([NO_TAG], [NO_DIGEST]) if not (tags or digests) else (tags or None, digests or None)


def _parents(images: Iterable[Image]) -> set[str]:
    return {digits(image.parent) for image in images if image.parent is not None}


def _period(images: Sequence[Image], filters: Filters, rules: Rules) -> _Period:
    before = [*_moments(images, filters.before, rules), *filters.until]
    return _Period(
        after=max(_moments(images, filters.since, rules), default=None),
        before=min(before, default=None),
    )


def _moments(images: Sequence[Image], names: Iterable[str], rules: Rules) -> list[int]:
    moments = [_moment(lookup.find(images, name, rules), rules) for name in names]
    return [moment for moment in moments if moment is not None]


def _moment(image: Image, rules: Rules) -> int | None:
    if image.moment is None and rules.undated_is_old:
        return NEVER * NANOSECONDS
    return image.moment


def _created(image: Image, rules: Rules) -> int:
    return rules.undated if image.moment is None else image.created


def _admit(
    image: Image, query: ListQuery, rules: Rules, *, has_children: bool
) -> ListedImage | None:
    """Narrow the image's names to those that the query admits; None if that leaves it out."""
    dangling, name = query.filters.dangling, query.filters.name
    if dangling and has_children:
        return None
    entry = ListedImage(image, _narrow(image.tags, name), _narrow(image.digests, name))
    if entry.tags or (entry.digests and not rules.digest_alone_dangles):
        return None if dangling else entry
    if entry.digests:
        return entry
    if dangling is False or name is not None or (has_children and not query.all):
        return None
    return entry


def _narrow(names: Sequence[Reference], wanted: NameFilter | None) -> tuple[Reference, ...]:
    return tuple(name for name in names if wanted is None or wanted.admits(name))


def _summary(
    entry: ListedImage, query: ListQuery, rules: Rules, shared: int | None
) -> ImageSummary:
    image = entry.image
    labels = _labels(image)
    repo_tags, repo_digests = names(entry, rules)
    # Clients hide an image that shows no name at all, so without tags the digests always stand.
    hides_digests = rules.seed_shape and entry.tags and not query.digests
    containers = (image.containers or 0) if rules.counts_containers else _NOT_COUNTED
    return ImageSummary(
        id=image.id,
        parent_id=image.parent or (msgspec.UNSET if rules.seed_shape else ""),
        repo_tags=repo_tags,
        repo_digests=msgspec.UNSET if hides_digests else repo_digests,
        created=_created(image, rules),
        # Where there is nothing beside it, it says what the image takes with all below it.
        size=image.virtual_size if rules.whole_size else image.size,
        virtual_size=image.virtual_size if rules.virtual_size else msgspec.UNSET,
        shared_size=(_NOT_COUNTED if shared is None else shared) if rules.counts else msgspec.UNSET,
        containers=containers if rules.counts else msgspec.UNSET,
        labels=labels or {} if rules.seed_shape else labels,
    )


def _in_order(names: Iterable[Reference], rules: Rules) -> list[Reference]:
    return sorted(names, key=attrgetter("full" if rules.full_order else "familiar"))


def _show(names: Iterable[Reference]) -> list[str]:
    return [name.familiar for name in names]


def _labels(image: Image) -> dict[str, str] | None:
    return None if image.labels is None else dict(sorted(image.labels.items()))


def _shared_sizes(images: Sequence[Image]) -> dict[str, int]:
    """Return by Id what each image shares with others.

    A layer is shared if it lies on the same layers below in two images, not counting those that
    are only a step towards others (moby v23.0.0 ``daemon/images/images.go:getLayerRefs``). Where
    the layers are not known, it is what the image's source has said, or else nothing.
    """
    parents = _parents(images)
    uses = Counter(
        chain
        for image in images
        if image.tags or image.digests or digits(image.id) not in parents
        for chain, _ in _chains(image)
    )
    return {
        image.id: sum(size for chain, size in _chains(image) if uses[chain] > 1)
        if image.layers is not None
        else image.shared_size or 0
        for image in images
    }


def _chains(image: Image) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield each layer's size with its digest and those below it."""
    chain: tuple[str, ...] = ()
    for layer in image.layers or ():
        chain = (*chain, layer.digest)
        yield chain, layer.size


def _encode(summaries: Iterable[ImageSummary]) -> bytes:
    return msgspec.json.encode(list(summaries)) + b"\n"
