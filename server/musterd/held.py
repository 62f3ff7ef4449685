"""Keeping small catalogues in memory, so that a new question about all images need not read them.

It gains most where the images are few: reading a thousand takes longer than all else together. What
an index narrows to few images is read, however many there are (`musterd.narrowing`).
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from musterd.listing import Images, ListQuery, Source
from musterd.narrowing import Narrowing, narrowing
from musterd.store import ImageStore

# About what an image takes, with its rendered forms, in bytes (measured: 5 labels, 1 or 2 names).
_EACH = 4096


class HeldCatalogues:
    """The images of the accounts that were asked for last, each at the revision that it then had.

    It may be used by several threads.
    """

    def __init__(self, store: ImageStore, limit: int) -> None:
        """Hold images of *store*, in about *limit* bytes."""
        self._store = store
        self._most = limit // _EACH
        # The one that was used last comes last.
        self._held: OrderedDict[str, Images] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def source(self, account: str, query: ListQuery) -> Iterator[Source]:
        """Give an account's images as they are at one moment, from memory if that is of use.

        Raises:
            DatabaseError: The store cannot be read.
        """
        with self._store.of(account).reading() as reading:
            # Nobody keeps layers, of which shared sizes are made.
            if query.shared_size or narrowing(query.filters) != Narrowing():
                yield reading
                return
            held = self._held.get(account)
            if (held is None or held.revision != reading.revision) and reading.count <= self._most:
                held = Images(
                    (each.entry.image for each in reading.candidates(Narrowing(), 0)),
                    reading.revision,
                )
                self._hold(account, held)
            yield held if held is not None and held.revision == reading.revision else reading

    def _hold(self, account: str, images: Images) -> None:
        with self._lock:
            self._held[account] = images
            self._held.move_to_end(account)
            while sum(each.count for each in self._held.values()) > self._most:
                self._held.popitem(last=False)
