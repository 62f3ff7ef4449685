"""Keeping small catalogues in memory, so that a new question about them need not read them.

Reading a thousand images takes longer than all else together, and holding what was read takes some
more: the first question after a write, which may be the only one before the next, is answered
without. What an index of the database narrows to few images (`musterd.listing.prefilter`) is read
with that, until so many questions have come since the last write that reading all images pays.
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

# About what an image takes, with its rendered forms, in bytes (measured: 5 labels, 1 or 2 names).
_EACH = 4096
# So many are read in the time of a few narrowed questions, and looked at in microseconds.
_FEW = 100
# Of how many versions, with digests or without, rendered images are kept.
_MOST_RENDERED = 4
# At this one of the questions about a revision all images are read, if it is about all of them.
_AGAIN = 2
# And at this one of those that are narrowed.
_ENOUGH = 16


@dataclass(frozen=True, slots=True)
class View:
    """An account's images as they are at one moment.

    Attributes:
        source: The images.
        rendered: What was rendered of them already, see `musterd.listing.render.pieces`; None if
            nothing is kept.
    """

    source: Source
    rendered: MutableMapping[str, bytes] | None


@dataclass(frozen=True, slots=True)
class _Cached:
    """An account's images in memory, and what was rendered of them."""

    images: Images
    rendered: dict[tuple[str, bool], dict[str, bytes]] = field(default_factory=dict)

    def view(self, query: ListQuery, rules: Rules) -> View:
        """Return the images with what was rendered for queries like *query* at this version."""
        key = (rules.since, query.digests)
        if key not in self.rendered and len(self.rendered) >= _MOST_RENDERED:
            self.rendered.clear()
        return View(self.images, self.rendered.setdefault(key, {}))


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many questions there were about a revision: those that an index narrows, and others."""

    revision: int | None
    times: Counter[bool] = field(default_factory=Counter)


class ImageCache:
    """The images of the accounts that were asked for last, each at the revision that it then had.

    It may be used by several threads.
    """

    def __init__(self, store: ImageStore, limit: int) -> None:
        """Cache images of *store*, in about *limit* bytes."""
        self._store = store
        self._most = limit // _EACH
        # The one that was used last comes last.
        self._cached: OrderedDict[str, _Cached] = OrderedDict()
        # About each account's newest revision.
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
        """Give an account's images as they are at one moment, from memory if that is of use.

        Args:
            account: Whose they are.
            query: What is asked about them.
            rules: Those of the request's API version.
            revision: The one that the catalogue has now, or has had since the question came in;
                None: nobody has looked.
            deadline: The time that there is to read the images.

        Raises:
            DatabaseError: The store cannot be read.
            UnavailableError: There is no time left.
        """
        cached = self._valid(account, query, revision)
        if cached is not None:
            yield cached.view(query, rules)
            return
        with self._store.of(account).snapshot() as snapshot:
            if self._worth_loading(account, query, snapshot, revision):
                cached = self._load(account, snapshot, rules.undated, deadline)
            yield View(snapshot, None) if cached is None else cached.view(query, rules)

    def get_if_cheap(
        self, account: str, query: ListQuery, rules: Rules, revision: int
    ) -> View | None:
        """Return an account's images if a listing of them takes only microseconds to make.

        The arguments are those of `view`.
        """
        if query.filters.before or query.filters.since:
            # The images that these name are looked for among all.
            return None
        cached = self._valid(account, query, revision)
        if cached is None or not cached.images.leaves_at_most(_FEW, query.prefilter, rules.undated):
            return None
        return cached.view(query, rules)

    def _valid(self, account: str, query: ListQuery, revision: int | None) -> _Cached | None:
        """Return what is cached of an account, if it is that revision and answers the query."""
        cached = self._cached.get(account)
        # Layers, of which shared sizes are made, are not cached.
        if cached is None or cached.images.revision != revision or query.shared_size:
            return None
        # Another thread may have evicted it.
        with self._lock, suppress(KeyError):
            self._cached.move_to_end(account)
        return cached

    def _worth_loading(
        self, account: str, query: ListQuery, snapshot: Snapshot, revision: int | None
    ) -> bool:
        """Tell whether it is better to have all images than to read those that are needed."""
        if not self._most or query.shared_size:
            return False
        is_narrowed = query.prefilter != Prefilter()
        asked = self._asked.get(account)
        if asked is None or asked.revision != revision:
            asked = self._asked[account] = _Asked(revision)
        asked.times[is_narrowed] = times = asked.times[is_narrowed] + 1
        # Counting takes longer than a narrowed question: twice for each revision is enough.
        worth = {1: min(_FEW, self._most), _ENOUGH if is_narrowed else _AGAIN: self._most}
        if times not in worth:
            return False
        # Those of an older revision are about as many.
        cached = self._cached.get(account)
        return (snapshot if cached is None else cached.images).has_at_most(worth[times])

    def _load(
        self, account: str, snapshot: Snapshot, undated: int, deadline: Deadline
    ) -> _Cached | None:
        """Return all images, which are cached from now on; None if they are too many."""
        with self._lock:
            # Before there are others, so that these take its place in memory and in caches.
            self._cached.pop(account, None)
        rest = deadline.over(snapshot.candidates(Prefilter(), undated))
        candidates = list(islice(rest, self._most + 1))
        if len(candidates) > self._most:
            return None
        cached = _Cached(Images.ordered(candidates, undated, snapshot.revision))
        with self._lock:
            self._cached[account] = cached
            while sum(each.images.count() for each in self._cached.values()) > self._most:
                evicted, _ = self._cached.popitem(last=False)
                self._asked.pop(evicted, None)
        return cached
