"""Keeping small catalogues in memory, so that a new question about them need not read them.

Reading a thousand images takes longer than all else together. What an index narrows to few images
is read (`musterd.narrowing`), but for the smallest catalogues: there a transaction takes longer
than a look at every image.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from musterd.listing import Images, ListQuery, Source
from musterd.narrowing import Narrowing, narrowing
from musterd.reading import Reading
from musterd.store import ImageStore

# About what an image takes, with its rendered forms, in bytes (measured: 5 labels, 1 or 2 names).
_EACH = 4096
# So many are looked at in the time that an index takes (measured).
_FEW = 500


@dataclass(frozen=True, slots=True)
class _Held:
    """An account's images, and the pulse of the store from before they were read."""

    images: Images
    pulse: Hashable | None


class HeldCatalogues:
    """The images of the accounts that were asked for last, each at the revision that it then had.

    It may be used by several threads.
    """

    def __init__(self, store: ImageStore, limit: int) -> None:
        """Hold images of *store*, in about *limit* bytes."""
        self._store = store
        self._most = limit // _EACH
        # The one that was used last comes last.
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def source(self, account: str, query: ListQuery) -> Iterator[Source]:
        """Give an account's images as they are at one moment, from memory if that is of use.

        Raises:
            DatabaseError: The store cannot be read.
        """
        # Before anything is read: a write between the two makes for one more reading at most.
        pulse = self._store.pulse()
        # Nobody keeps layers, of which shared sizes are made.
        most = 0 if query.shared_size else self._most
        if most and narrowing(query.filters) != Narrowing():
            most = min(most, _FEW)
        held = self._held.get(account)
        if held is not None and held.images.count <= most and held.pulse == pulse is not None:
            yield held.images
            return
        with self._store.of(account).reading() as reading:
            if most and reading.has_at_most(most):
                yield self._images(account, reading, pulse)
            else:
                yield reading

    def _images(self, account: str, reading: Reading, pulse: Hashable | None) -> Images:
        """Return all images of *reading*, which are held from now on."""
        held = self._held.get(account)
        if held is not None and held.images.revision == reading.revision:
            images = held.images
        else:
            every = (each.entry.image for each in reading.candidates(Narrowing(), 0))
            images = Images(every, reading.revision)
        with self._lock:
            self._held[account] = _Held(images, pulse)
            self._held.move_to_end(account)
            while sum(each.images.count for each in self._held.values()) > self._most:
                self._held.popitem(last=False)
        return images
