"""Select the images of a listing, the names to show, and the order.

The contract's rules `list.*`; moby v1.11.2 ``daemon/images.go:Images``, v20.10.24 and later
``daemon/images/images.go:Images``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from musterd.contract.rules import Rules
from musterd.errors import NotFoundError
from musterd.images.dates import NANOSECONDS
from musterd.images.image import NEVER, Image
from musterd.listing import lookup
from musterd.listing.containerd import ContainerdImage
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.filters import Filters
from musterd.listing.query import ListQuery
from musterd.listing.source import Candidate, ListedImage, Source


@dataclass(frozen=True, slots=True)
class _Period:
    """A range of creation dates in nanoseconds since 1970; None leaves an end open."""

    after: int | None
    before: int | None

    def holds(self, created: int | None) -> bool:
        """Tell whether *created* is in the range; None, for no date, only if it is open."""
        if created is None:
            return self.after is None and self.before is None
        return (self.after is None or created > self.after) and (
            self.before is None or created < self.before
        )


def select(
    source: Source, query: ListQuery, rules: Rules, deadline: Deadline = UNLIMITED
) -> Iterator[tuple[ListedImage, bool]]:
    """Yield the images that *query* admits, newest first, and whether all their names are shown.

    Raises:
        RequestError: The query names an unknown image, a value is invalid, a pattern is malformed,
            or the time is over.
    """
    filters = query.filters
    period = _period(source, filters, rules, deadline)
    for candidate in deadline.over(source.candidates(query.prefilter, rules.undated)):
        image = candidate.entry.image
        if (
            (period is None or period.holds(_created(image, rules)))
            and _was_stored_in_time(image, filters)
            and (filters.labels is None or filters.admit_labels_of(image))
            and (entry := _admit(candidate, query, rules)) is not None
        ):
            yield entry, entry is candidate.entry


def _period(source: Source, filters: Filters, rules: Rules, deadline: Deadline) -> _Period | None:
    """Return the range of creation dates to admit; None for any."""
    if not (filters.before or filters.since or filters.until or filters.error):
        return None
    before = _times(source, deadline.over(filters.before), rules)
    if filters.error is not None and not rules.containerd:
        raise filters.error
    since = _times(source, deadline.over(filters.since), rules)
    if filters.error is not None:
        raise filters.error
    until = () if rules.containerd else filters.until
    return _Period(
        after=max(since, default=None),
        before=min((*before, *until), default=None),
    )


def _was_stored_in_time(image: Image, filters: Filters) -> bool:
    """Tell whether an image meets `until`, which the containerd store applies to its own date."""
    if not filters.until or not isinstance(image, ContainerdImage):
        return True
    return image.was_stored_before(min(filters.until))


def _times(source: Source, names: Iterable[str], rules: Rules) -> list[int]:
    """Return the creation dates of the named images, without those that have none."""
    found = [lookup.find(source, name, rules) for name in names]
    for image in found:
        if isinstance(image, ContainerdImage) and image.is_absent:
            raise NotFoundError(f"NotFound: content digest {image.id}: not found")
    times = [_created(image, rules) for image in found]
    return [time for time in times if time is not None]


def _created(image: Image, rules: Rules) -> int | None:
    created = image.created_nanoseconds
    return NEVER * NANOSECONDS if created is None and rules.undated_is_old else created


def _admit(candidate: Candidate, query: ListQuery, rules: Rules) -> ListedImage | None:
    """Keep only the names that the query admits; return None if it does not admit the image."""
    has_children = candidate.has_children
    dangling, name = query.filters.dangling, query.filters.name
    if dangling and has_children and not (rules.containerd and query.all):
        return None
    entry = candidate.entry
    if name is not None and isinstance(entry.image, ContainerdImage):
        shown = tuple(filter(name.admits, entry.image.references()))
        if not shown:
            return None
        entry = ListedImage(entry.image, shown if entry.tags else (), ())
        name = None
    elif name is not None:
        tags, digests = filter(name.admits, entry.tags), filter(name.admits, entry.digests)
        entry = ListedImage(entry.image, tuple(tags), tuple(digests))
    if entry.tags or (entry.digests and not rules.digest_alone_dangles):
        return None if dangling else entry
    if entry.digests:
        return entry
    if dangling is False or name is not None or (has_children and not query.all):
        return None
    return entry
