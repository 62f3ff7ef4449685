"""Deadlines of one connection, cheap where nearly all of them are met."""

import asyncio
from collections.abc import Callable


class Deadlines:
    """Named deadlines, with one timer for each name.

    Starting and cancelling a deadline costs no timer: the timer of its name looks when it fires,
    and moves if the deadline has moved since.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use the clock and the timers of *loop*."""
        self._loop = loop
        self._pending: dict[str, tuple[float, Callable[[], None]]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def __contains__(self, name: str) -> bool:
        """Tell whether a deadline is pending."""
        return name in self._pending

    def start(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Call *then* in some seconds, which are the same for each use of *name*."""
        when = self._loop.time() + seconds
        self._pending[name] = (when, then)
        if name not in self._timers:
            self._timers[name] = self._loop.call_at(when, self._expire, name)

    def cancel(self, name: str) -> bool:
        """Drop a deadline; tell whether there was one."""
        return self._pending.pop(name, None) is not None

    def close(self) -> None:
        """Drop all deadlines and their timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._pending.clear()

    def _expire(self, name: str) -> None:
        del self._timers[name]
        if name not in self._pending:
            return
        when, then = self._pending[name]
        if self._loop.time() < when:
            self._timers[name] = self._loop.call_at(when, self._expire, name)
            return
        del self._pending[name]
        then()
