"""The time that making a listing may take."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from musterd.errors import UnavailableError

_T = TypeVar("_T")

# Images between two looks at the clock, which takes about as long as two of the fastest images.
_STRIDE = 64


class Deadline:
    """What the loops of a listing obey: they end when the time is over, or nobody waits any more.

    Threads cannot be stopped from outside, so that each loop has to ask.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        """Begin to count *seconds*, by the clock *now*."""
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds
        self._cancelled = False

    def restart(self) -> None:
        """Count from now on."""
        self._end = self._now() + self._seconds

    def cancel(self) -> None:
        """Tell the listing, from whatever thread, that nobody waits for it any more."""
        self._cancelled = True

    def check(self) -> None:
        """Return if there is time left.

        Raises:
            UnavailableError: There is none, or nobody waits.
        """
        if self._cancelled:
            raise UnavailableError("the client has left")
        if self._now() > self._end:
            raise UnavailableError(
                f"the listing takes more than {self._seconds:g} seconds; ask for fewer images, "
                "with fewer or simpler filters"
            )

    def over(self, items: Iterable[_T]) -> Iterator[_T]:
        """Yield *items*, as long as there is time.

        Raises:
            UnavailableError: There is no more, or nobody waits.
        """
        return chain.from_iterable(self._batches(iter(items)))

    def _batches(self, rest: Iterator[_T]) -> Iterator[list[_T]]:
        while some := list(islice(rest, _STRIDE)):
            self.check()
            yield some


#: For images in memory that are few, and for commands, which can be interrupted.
UNLIMITED = Deadline(float("inf"))
