"""Limits on the request rate and on the duration of a run."""

from __future__ import annotations

import math
import threading
import time

from muster.errors import OutOfTime


class RateLimiter:
    """Spaces requests evenly, across all threads.

    Args:
        rate: Requests per second.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._lock = threading.Lock()
        self._next = -math.inf

    def wait(self) -> None:
        """Block until the next request may be sent."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        time.sleep(turn - now)


class TimeLimit:
    """A time limit that starts now.

    Args:
        seconds: None for no limit.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._end = time.monotonic() + self._seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            OutOfTime: If none are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTime(f"the {self._seconds:g} s of --max-time are over")
        return left

    def sleep(self, seconds: float) -> None:
        """Wait for *seconds*.

        Raises:
            OutOfTime: At once, if less time is left.
        """
        if seconds >= self.left():
            raise OutOfTime(
                f"the server asks to wait for {seconds:g} s, which is longer than --max-time allows"
            )
        time.sleep(seconds)


UNLIMITED = TimeLimit()
