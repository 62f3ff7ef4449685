"""Counting what happens too often, in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

# So many are told apart; of more, those are forgotten for which it is longest ago.
_CAPACITY = 10_000


class Throttle:
    """Tells for how long to wait: some may happen at once, then one after the other.

    Not thread-safe: it is meant for one event loop.

    Args:
        burst: How many may happen at once.
        rate: How many of them are forgiven each second.
        clock: Seconds that never go back.
    """

    def __init__(
        self, burst: int, rate: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        # How many there were when, less those that were forgiven by then.
        self._counts: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def seconds(self, who: Hashable) -> int:
        """Return how many whole seconds *who* must wait; 0 if not at all."""
        return max(0, math.ceil((self._count(who) + 1 - self._burst) / self._rate))

    def count(self, who: Hashable) -> None:
        """Count one more of *who*."""
        self._counts[who] = (self._count(who) + 1, self._clock())
        self._counts.move_to_end(who)
        if len(self._counts) > _CAPACITY:
            self._counts.popitem(last=False)

    def _count(self, who: Hashable) -> float:
        count, when = self._counts.get(who, (0.0, 0.0))
        return max(0.0, count - (self._clock() - when) * self._rate)
