"""A cache of small catalogues in memory.

Reading a thousand images takes longer than the rest of a request, and caching them takes a little
more time. So the first query after a write, which may be the only one before the next write, is not
cached. Queries that an index of the database narrows to few images (`musterd.listing.prefilter`)
use that index, until enough queries have come since the last write to justify reading all images.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from musterd.contract.rules import Rules
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.prefilter import Prefilter
from musterd.listing.query import ListQuery
from musterd.listing.source import Images, Source
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore

# Bytes that an image and its rendered forms take, roughly (measured: 5 labels, 1 or 2 names).
_EACH = 4096
# So few images are read in the time of a few narrowed queries, and searched in microseconds.
_FEW = 100
# The rendered forms to cache, each for the rules of a version, with or without digests.
_MOST_RENDERED = 4
# The query for all images, counted since a write, that loads them into the cache.
_AGAIN = 2
# The narrowed query, counted since a write, that does so.
_ENOUGH = 16


@dataclass(frozen=True, slots=True)
class View:
    """A consistent view of an account's images.

    Attributes:
        source: The images.
        rendered: A cache of rendered images, see `musterd.listing.render.pieces`; None for no
            cache.
    """

    source: Source
    rendered: MutableMapping[str, bytes] | None


@dataclass(frozen=True, slots=True)
class _Cached:
    """An account's images in memory, and their rendered forms."""

    images: Images
    rendered: dict[tuple[str, bool, bool, bool], dict[str, bytes]] = field(default_factory=dict)

    def view(self, query: ListQuery, rules: Rules) -> View:
        """Return the images with the rendered forms that *query* can use at this version."""
        key = _key(query, rules)
        if key not in self.rendered and len(self.rendered) >= _MOST_RENDERED:
            self.rendered.clear()
        return View(self.images, self.rendered.setdefault(key, {}))


def _key(query: ListQuery, rules: Rules) -> tuple[str, bool, bool, bool]:
    """Return what a rendered image depends on, besides the image."""
    return rules.since, query.digests, query.manifests, query.identity


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many queries there were for a revision: those that an index narrows, and others."""

    revision: int | None
    times: Counter[bool] = field(default_factory=Counter)


class ImageCache:
    """A cache of the images of the most recently used accounts, each at one revision.

    It is thread-safe.
    """

    def __init__(self, store: ImageStore, limit: int) -> None:
        """Cache images of *store* in about *limit* bytes."""
        self._store = store
        self._most = limit // _EACH
        # In order of use, the most recent last.
        self._cached: OrderedDict[str, _Cached] = OrderedDict()
        # For the latest known revision of each account.
        self._asked: dict[str, _Asked] = {}
        self._lock = Lock()

    @contextmanager
    def view(
        self,
        account: str,
        query: ListQuery,
        rules: Rules,
        revision: int | None,
        deadline: Deadline = UNLIMITED,
    ) -> Iterator[View]:
        """Provide a consistent view of an account's images, from memory where that pays.

        Args:
            account: The account.
            query: The query to answer.
            rules: The rules of the request's API version.
            revision: A revision that the catalogue has had since the request arrived; None if
                unknown.
            deadline: The time limit for reading the images.

        Raises:
            DatabaseError: The store cannot be read.
            UnavailableError: The time is over.
        """
        cached = self._valid(account, query, revision)
        if cached is not None:
            yield cached.view(query, rules)
            return
        with self._store.of(account).snapshot() as snapshot:
            if self._worth_loading(account, query, snapshot, revision):
                cached = self._load(account, snapshot, rules.undated, deadline)
            if cached is not None:
                yield cached.view(query, rules)
            else:
                kept = None if query.shared_size else snapshot.rendered(_key(query, rules))
                yield View(snapshot, kept)

    def get_if_cheap(
        self, account: str, query: ListQuery, rules: Rules, revision: int
    ) -> View | None:
        """Return an account's images if listing them takes only microseconds; None otherwise.

        The arguments are those of `view`.
        """
        if query.filters.before or query.filters.since:
            # Finding the images that these conditions name needs an index of all images.
            return None
        cached = self._valid(account, query, revision)
        if cached is None or not cached.images.leaves_at_most(_FEW, query.prefilter, rules.undated):
            return None
        return cached.view(query, rules)

    def _valid(self, account: str, query: ListQuery, revision: int | None) -> _Cached | None:
        """Return an account's cached images if they are current and suffice for the query."""
        cached = self._cached.get(account)
        # Shared sizes need the layers, which are not cached.
        if cached is None or cached.images.revision != revision or query.shared_size:
            return None
        # Another thread may have evicted the entry.
        with self._lock, suppress(KeyError):
            self._cached.move_to_end(account)
        return cached

    def _worth_loading(
        self, account: str, query: ListQuery, snapshot: Snapshot, revision: int | None
    ) -> bool:
        """Tell whether loading all images is better than reading only those that are needed."""
        if not self._most or query.shared_size:
            return False
        is_narrowed = query.prefilter != Prefilter()
        asked = self._asked.get(account)
        if asked is None or asked.revision != revision:
            asked = self._asked[account] = _Asked(revision)
        asked.times[is_narrowed] = times = asked.times[is_narrowed] + 1
        # Counting takes longer than a narrowed query, so do it only twice per revision.
        worth = {1: min(_FEW, self._most), _ENOUGH if is_narrowed else _AGAIN: self._most}
        if times not in worth:
            return False
        # An older revision has about as many images.
        cached = self._cached.get(account)
        return (snapshot if cached is None else cached.images).has_at_most(worth[times])

    def _load(
        self, account: str, snapshot: Snapshot, undated: int, deadline: Deadline
    ) -> _Cached | None:
        """Load all images into the cache and return them; None if there are too many."""
        with self._lock:
            # Free the old images first, so that the new ones can take their memory.
            self._cached.pop(account, None)
        rest = deadline.over(snapshot.candidates(Prefilter(), undated))
        candidates = list(islice(rest, self._most + 1))
        if len(candidates) > self._most:
            return None
        cached = _Cached(snapshot.in_memory(candidates, undated))
        with self._lock:
            self._cached[account] = cached
            while sum(each.images.count() for each in self._cached.values()) > self._most:
                evicted, _ = self._cached.popitem(last=False)
                self._asked.pop(evicted, None)
        return cached
