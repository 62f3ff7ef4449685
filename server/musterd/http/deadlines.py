"""Deadlines of connections and of requests, cheap where nearly all of them are met."""

import asyncio
from collections.abc import Callable


class Deadlines:
    """Named deadlines of one connection, with one timer for each name.

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


class TaskDeadlines:
    """Deadlines of tasks that all get the same time, with one timer for all of them.

    The task that started first is due first, so the timer looks at that one when it fires.
    """

    def __init__(self, seconds: float) -> None:
        """Give each task so many seconds."""
        self._seconds = seconds
        # When each task is due, in their order.
        self._due: dict[asyncio.Task[None], float] = {}
        # The event loop that has the timer. A program may use one event loop after another.
        self._loop: asyncio.AbstractEventLoop | None = None

    def __contains__(self, task: asyncio.Task[None]) -> bool:
        """Tell whether a task has started, and neither ended nor been cancelled here."""
        return task in self._due

    def start(self, task: asyncio.Task[None]) -> None:
        """Cancel *task* unless it ends in time."""
        loop = task.get_loop()
        when = self._due[task] = loop.time() + self._seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(when, self._expire, loop)

    def end(self, task: asyncio.Task[None]) -> None:
        """Drop the deadline of *task*, if it has one still."""
        self._due.pop(task, None)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = None
        for task, when in list(self._due.items()):
            if when > loop.time():
                self._loop = loop
                loop.call_at(when, self._expire, loop)
                return
            del self._due[task]
            task.cancel()
