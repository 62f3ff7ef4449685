"""Keeping small catalogues in memory, so that a new question about them need not read them.

Reading a thousand images takes longer than all else together, and holding what was read takes some
more: the first question after a write, which may be the only one before the next, is answered
without. What an index of the database narrows to few images (`musterd.listing.prefilter`) is read
with that, until so many questions have come since the last write that reading all images pays.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from musterd.listing.prefilter import Prefilter
from musterd.listing.render import Images, ListQuery, Source
from musterd.storage.snapshot import Snapshot
from musterd.storage.store import ImageStore

# About what an image takes, with its rendered forms, in bytes (measured: 5 labels, 1 or 2 names).
_EACH = 4096
# So many are read in the time of a few narrowed questions, and looked at in microseconds.
_FEW = 100
# At this one of the questions about a revision all images are read, if it is about all of them.
_AGAIN = 2
# And at this one of those that are narrowed.
_ENOUGH = 16


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
        """Hold images of *store*, in about *limit* bytes."""
        self._store = store
        self._most = limit // _EACH
        # The one that was used last comes last.
        self._held: OrderedDict[str, Images] = OrderedDict()
        # About each account's newest revision.
        self._asked: dict[str, _Asked] = {}
        self._lock = Lock()

    @contextmanager
    def source(
        self, account: str, query: ListQuery, undated: int, revision: int | None
    ) -> Iterator[Source]:
        """Give an account's images as they are at one moment, from memory if that is of use.

        Args:
            account: Whose they are.
            query: What is asked about them.
            undated: `Created` of an image that does not say when it was made.
            revision: The one that the catalogue has now, or has had since the question came in;
                None: nobody has looked.

        Raises:
            DatabaseError: The store cannot be read.
        """
        held = self._valid(account, query, revision)
        if held is not None:
            yield held
            return
        with self._store.of(account).snapshot() as snapshot:
            images = None
            if self._worth_loading(account, query, snapshot, revision):
                images = self._images(account, snapshot, undated)
            yield snapshot if images is None else images

    def get_if_cheap(
        self, account: str, query: ListQuery, undated: int, revision: int
    ) -> Images | None:
        """Return an account's images if a listing of them takes only microseconds to make.

        The arguments are those of `source`.
        """
        if query.filters.before or query.filters.since:
            # The images that these name are looked for among all.
            return None
        held = self._valid(account, query, revision)
        if held is None or not held.leaves_at_most(_FEW, Prefilter.of(query.filters), undated):
            return None
        return held

    def _valid(self, account: str, query: ListQuery, revision: int | None) -> Images | None:
        """Return what is held of an account, if it is that revision and answers the query."""
        held = self._held.get(account)
        # Nobody keeps layers, of which shared sizes are made.
        if held is None or held.revision != revision or query.shared_size:
            return None
        # Another thread may have let go of it.
        with self._lock, suppress(KeyError):
            self._held.move_to_end(account)
        return held

    def _worth_loading(
        self, account: str, query: ListQuery, snapshot: Snapshot, revision: int | None
    ) -> bool:
        """Tell whether it is better to have all images than to read those that are needed."""
        if not self._most or query.shared_size:
            return False
        is_narrowed = Prefilter.of(query.filters) != Prefilter()
        asked = self._asked.get(account)
        if asked is None or asked.revision != revision:
            asked = self._asked[account] = _Asked(revision)
        asked.times[is_narrowed] = times = asked.times[is_narrowed] + 1
        # Counting takes longer than a narrowed question: twice for each revision is enough.
        worth = {1: min(_FEW, self._most), _ENOUGH if is_narrowed else _AGAIN: self._most}
        if times not in worth:
            return False
        # Those of an older revision are about as many.
        held = self._held.get(account)
        return (snapshot if held is None else held).has_at_most(worth[times])

    def _images(self, account: str, snapshot: Snapshot, undated: int) -> Images | None:
        """Return all images, which are held from now on; None if they are too many."""
        with self._lock:
            # Before there are others, so that these take its place in memory and in caches.
            self._held.pop(account, None)
        candidates = list(islice(snapshot.candidates(Prefilter(), undated), self._most + 1))
        if len(candidates) > self._most:
            return None
        images = Images.ordered(candidates, undated, snapshot.revision)
        with self._lock:
            self._held[account] = images
            while sum(each.count() for each in self._held.values()) > self._most:
                evicted, _ = self._held.popitem(last=False)
                self._asked.pop(evicted, None)
        return images
