"""List Images itself: which images, which of their names, in which order, in which shape.

The contract's rules `list.*` and `image.*`; moby v1.11.2 ``daemon/images.go:Images``, v20.10.24 and
later ``daemon/images/images.go:Images``. Nothing here does input or output: images, a query and the
rules of its API version go in, the body of the answer comes out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Protocol

import msgspec

from musterd.contract.models import ImageSummary
from musterd.contract.rules import Rules
from musterd.images.dates import NANOSECONDS
from musterd.images.image import NEVER, Image
from musterd.images.reference import Reference
from musterd.listing import lookup
from musterd.listing.filters import Filters
from musterd.listing.lookup import digits
from musterd.listing.prefilter import Index, Prefilter

#: What stands in `RepoTags` and `RepoDigests` of an image without a name, so that clients show it.
NO_TAG = "<none>:<none>"
NO_DIGEST = "<none>@<none>"

_NOT_COUNTED = -1
_ALL = Prefilter()
# Images that are rendered together: few enough to hold, and enough for speed, since a server waits
# for each piece of a kept answer to be on its way before it begins with the next.
_PIECE = 2000
# Of how many versions, with digests or without, rendered images are kept.
_MOST_RENDERED = 4


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a request asks for."""

    all: bool = False
    digests: bool = False
    shared_size: bool = False
    filters: Filters = field(default_factory=Filters)


class ListedImage(msgspec.Struct, frozen=True):
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


class Candidate(msgspec.Struct, frozen=True):
    """An image that a query may admit, with all its names."""

    entry: ListedImage
    #: Whether others were made from it.
    has_children: bool


class Source(Protocol):
    """The images that there are at one moment."""

    @property
    def revision(self) -> int:
        """Counts the writes: as long as it is the same, so are the images."""
        ...

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are no more than *most* images, without counting those beyond."""
        ...

    def candidates(self, prefilter: Prefilter, undated: int) -> Iterable[Candidate]:
        """Return the images, newest first, and by Id within a second.

        Args:
            prefilter: What images must have; others may be left out.
            undated: `Created` of an image that does not say when it was made.
        """
        ...

    def named(self, name: str) -> Sequence[Image]:
        """Return the images that `lookup.find` needs to see to find the one of this name."""
        ...

    def all(self) -> Sequence[Image]:
        """Return all images with all that is known of them, but for their configs."""
        ...

    def rendered(self, rules: Rules, *, digests: bool) -> dict[str, bytes] | None:
        """Return by Id what was rendered already of images with all their names.

        More may be put in, for the next answer. None: nothing is kept.
        """
        ...


class Images:
    """A source of images that are at hand."""

    def __init__(self, images: Iterable[Image], revision: int = 0) -> None:
        self._images = list(images)
        self.revision = revision
        self._candidates: dict[int, list[Candidate]] = {}
        self._indexes: dict[int, Index] = {}
        self._rendered: dict[tuple[int, bool], tuple[Rules, dict[str, bytes]]] = {}

    @classmethod
    def ordered(cls, candidates: list[Candidate], undated: int, revision: int) -> "Images":
        """Return a source of what `candidates` has returned somewhere for this *undated*."""
        images = cls((each.entry.image for each in candidates), revision)
        images._candidates[undated] = candidates
        return images

    def count(self) -> int:
        """Return how many there are."""
        return len(self._images)

    def has_at_most(self, most: int) -> bool:
        """Tell whether there are no more than *most*."""
        return self.count() <= most

    def candidates(self, prefilter: Prefilter, undated: int) -> list[Candidate]:
        """Return the images, newest first, and by Id within a second; only those narrowed to."""
        if undated not in self._candidates:
            parents = _parents(self._images)
            self._candidates[undated] = [
                Candidate(
                    ListedImage(image, image.tags, image.digests), digits(image.id) in parents
                )
                for image in sorted(
                    self._images, key=lambda image: (-_created(image, undated), image.id)
                )
            ]
        candidates = self._candidates[undated]
        if prefilter == _ALL:
            return candidates
        if undated not in self._indexes:
            self._indexes[undated] = Index([each.entry.image for each in candidates])
        return [candidates[position] for position in self._indexes[undated].positions(prefilter)]

    def leaves_at_most(self, most: int, prefilter: Prefilter, undated: int) -> bool:
        """Tell whether `candidates` returns no more than *most*, if that is known at once."""
        if self.count() <= most:
            return True
        index = self._indexes.get(undated)
        if index is None or prefilter == _ALL:
            return False
        return len(index.positions(prefilter)) <= most

    def named(self, _name: str) -> Sequence[Image]:
        """Return all images."""
        return self._images

    def all(self) -> Sequence[Image]:
        """Return all images."""
        return self._images

    def rendered(self, rules: Rules, *, digests: bool) -> dict[str, bytes]:
        """Return by Id what was rendered already."""
        key = (id(rules), digests)
        if key not in self._rendered and len(self._rendered) == _MOST_RENDERED:
            self._rendered.clear()
        # The rules are kept so that no others can take their place in memory.
        return self._rendered.setdefault(key, (rules, {}))[1]


def answer(images: Iterable[Image], query: ListQuery, rules: Rules) -> bytes:
    """Return the body of the answer to *query*, where *images* are all there are.

    Raises:
        RequestError: The query names an image that is not there, or a pattern is malformed.
    """
    return b"".join(pieces(Images(images), query, rules))


def pieces(source: Source, query: ListQuery, rules: Rules) -> Iterator[bytes]:
    """Yield the body of the answer to *query* about the images of *source*, piece by piece.

    Raises:
        RequestError: The query names an image that is not there, or a pattern is malformed.
    """
    shared = _shared_sizes(source.all()) if query.shared_size else None
    # Sizes that are shared depend on other images, and names on the query.
    rendered = None if shared is not None else source.rendered(rules, digests=query.digests)
    texts = (
        _text(entry, query, rules, shared, rendered if is_whole else None)
        for entry, is_whole in _select(source, query, rules)
    )
    start, some = b"[", b",".join(islice(texts, _PIECE))
    while following := b",".join(islice(texts, _PIECE)):
        yield start + some
        start, some = b",", following
    yield start + some + b"]\n"


def select(images: Iterable[Image], query: ListQuery, rules: Rules) -> list[ListedImage]:
    """Return what *query* admits of *images*, newest first, and by Id within a second.

    Raises:
        RequestError: The query names an image that is not there, or a pattern is malformed.
    """
    return [entry for entry, _ in _select(Images(images), query, rules)]


def _select(source: Source, query: ListQuery, rules: Rules) -> Iterator[tuple[ListedImage, bool]]:
    """Yield what a query admits, and whether it is with all its names."""
    filters = query.filters
    period = _period(source, filters, rules)
    for candidate in source.candidates(Prefilter.of(filters), rules.undated):
        image = candidate.entry.image
        if (
            (period is None or period.holds(_moment(image, rules)))
            and (filters.labels is None or filters.admit_labels_of(image))
            and (entry := _admit(candidate, query, rules)) is not None
        ):
            yield entry, entry is candidate.entry


def show_tags(image: Image, tags: Sequence[Reference], rules: Rules) -> list[str]:
    """Return *tags* as an answer shows them: in the image's own order, if it has one."""
    return _show(tags if image.own_order else _in_order(tags, rules))


def show_digests(digests: Sequence[Reference], rules: Rules) -> list[str]:
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


def _period(source: Source, filters: Filters, rules: Rules) -> _Period | None:
    """Return the time in which images must have been made; None is any."""
    if not (filters.before or filters.since or filters.until):
        return None
    before = [*_moments(source, filters.before, rules), *filters.until]
    return _Period(
        after=max(_moments(source, filters.since, rules), default=None),
        before=min(before, default=None),
    )


def _moments(source: Source, names: Iterable[str], rules: Rules) -> list[int]:
    moments = [_moment(lookup.find(source.named(name), name, rules), rules) for name in names]
    return [moment for moment in moments if moment is not None]


def _moment(image: Image, rules: Rules) -> int | None:
    if image.moment is None and rules.undated_is_old:
        return NEVER * NANOSECONDS
    return image.moment


def _created(image: Image, undated: int) -> int:
    return image.created if image.is_dated else undated


def _admit(candidate: Candidate, query: ListQuery, rules: Rules) -> ListedImage | None:
    """Narrow the image's names to those that the query admits; None if that leaves it out."""
    has_children = candidate.has_children
    dangling, name = query.filters.dangling, query.filters.name
    if dangling and has_children:
        return None
    entry = candidate.entry
    if name is not None:
        tags, digests = filter(name.admits, entry.tags), filter(name.admits, entry.digests)
        entry = ListedImage(entry.image, tuple(tags), tuple(digests))
    if entry.tags or (entry.digests and not rules.digest_alone_dangles):
        return None if dangling else entry
    if entry.digests:
        return entry
    if dangling is False or name is not None or (has_children and not query.all):
        return None
    return entry


def _text(
    entry: ListedImage,
    query: ListQuery,
    rules: Rules,
    shared: Mapping[str, int] | None,
    rendered: dict[str, bytes] | None,
) -> bytes:
    """Return an image as JSON, from *rendered* if it is there."""
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
    # Clients hide an image that shows no name at all, so without tags the digests always stand.
    hides_digests = rules.seed_shape and entry.tags and not query.digests
    containers = (image.containers or 0) if rules.counts_containers else _NOT_COUNTED
    return ImageSummary(
        id=image.id,
        parent_id=image.parent or (msgspec.UNSET if rules.seed_shape else ""),
        repo_tags=repo_tags,
        repo_digests=msgspec.UNSET if hides_digests else repo_digests,
        created=_created(image, rules.undated),
        # Where there is nothing beside it, it says what the image takes with all below it.
        size=image.virtual_size if rules.whole_size else image.size,
        virtual_size=image.virtual_size if rules.virtual_size else msgspec.UNSET,
        shared_size=(_NOT_COUNTED if shared is None else shared) if rules.counts else msgspec.UNSET,
        containers=containers if rules.counts else msgspec.UNSET,
        labels=labels or {} if rules.seed_shape else labels,
    )


def _in_order(names: Sequence[Reference], rules: Rules) -> Sequence[Reference]:
    if len(names) < 2:  # noqa: PLR2004  # nothing to sort
        return names
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


def _chains(image: Image) -> Iterator[tuple[bytes, int]]:
    """Yield each layer's size with a digest of its own and all those below it."""
    chain = b""
    for layer in image.layers or ():
        chain = hashlib.sha256(chain + layer.digest.encode()).digest()
        yield chain, layer.size
