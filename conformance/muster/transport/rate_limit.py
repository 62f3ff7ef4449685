"""How fast the suite may ask, and for how long."""

from __future__ import annotations

import math
import threading
import time

from muster.errors import OutOfTime


class RateLimiter:
    """Lets requests go one after the other, so many a second and no more, whoever sends them.

    Args:
        rate: Requests a second.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._lock = threading.Lock()
        self._next = -math.inf

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        time.sleep(turn - now)


class TimeLimit:
    """How long something may take, from now on.

    Args:
        seconds: None for as long as it likes.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._end = time.monotonic() + self._seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            OutOfTime: If there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTime(f"the {self._seconds:g} s of --max-time are over")
        return left

    def sleep(self, seconds: float) -> None:
        """Wait for *seconds*.

        Raises:
            OutOfTime: At once, if there are not so many left.
        """
        if seconds >= self.left():
            raise OutOfTime(
                f"the server asks to wait for {seconds:g} s, which is longer than --max-time allows"
            )
        time.sleep(seconds)


UNLIMITED = TimeLimit()
