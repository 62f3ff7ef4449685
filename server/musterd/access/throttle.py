"""Rate limiting in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

# The most keys to count; beyond that, those counted least recently are dropped.
_CAPACITY = 10_000


class Throttle:
    """Tell how long to wait after a burst of events.

    Not thread-safe: use it in one event loop.

    Args:
        burst: How many events may happen at once.
        rate: How many events are forgiven per second.
        clock: Returns the seconds of a monotonic clock.
    """

    def __init__(
        self, burst: int, rate: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        # The number of events at a time, less those forgiven by then.
        self._counts: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def seconds(self, who: Hashable) -> int:
        """Return how many whole seconds *who* must wait; 0 for no wait."""
        return max(0, math.ceil((self._count(who) + 1 - self._burst) / self._rate))

    def count(self, who: Hashable) -> None:
        """Count an event of *who*."""
        self._counts[who] = (self._count(who) + 1, self._clock())
        self._counts.move_to_end(who)
        if len(self._counts) > _CAPACITY:
            self._counts.popitem(last=False)

    def _count(self, who: Hashable) -> float:
        count, when = self._counts.get(who, (0.0, 0.0))
        return max(0.0, count - (self._clock() - when) * self._rate)
