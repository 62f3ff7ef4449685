"""The time limit of a listing."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from musterd.errors import UnavailableError

_T = TypeVar("_T")

# Images between two reads of the clock: a read costs about as much as two of the cheapest images.
_STRIDE = 64


class Deadline:
    """A time limit for the loops of a listing, which can also be cancelled.

    Threads cannot be stopped from outside, so each loop has to check.
    """

    def __init__(
        self,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        *,
        too_slow: str = "the listing takes more than {:g} seconds; ask for fewer images, with "
        "fewer or simpler filters",
    ) -> None:
        """Start a limit of *seconds*, measured with the clock *now*.

        Args:
            seconds: The time allowed.
            now: The clock, in seconds.
            too_slow: The message when the time is over; `{:g}` stands for the seconds.
        """
        self._too_slow = too_slow.format(seconds)
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds
        self._cancelled = False

    def restart(self) -> None:
        """Start the full time again."""
        self._end = self._now() + self._seconds

    def cancel(self) -> None:
        """Stop the listing; safe to call from any thread."""
        self._cancelled = True

    def check(self) -> None:
        """Return if there is time left.

        Raises:
            UnavailableError: The time is over, or the listing was cancelled.
        """
        if self._cancelled:
            raise UnavailableError("the client has left")
        if self._now() > self._end:
            raise UnavailableError(self._too_slow)

    def over(self, items: Iterable[_T]) -> Iterator[_T]:
        """Yield *items* while there is time.

        Raises:
            UnavailableError: The time is over, or the listing was cancelled.
        """
        return chain.from_iterable(self._batches(iter(items)))

    def _batches(self, rest: Iterator[_T]) -> Iterator[list[_T]]:
        while some := list(islice(rest, _STRIDE)):
            self.check()
            yield some


# For small sets of images in memory, and for commands, which the user can interrupt.
UNLIMITED = Deadline(float("inf"))
