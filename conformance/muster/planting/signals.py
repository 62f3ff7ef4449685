"""Defers signals that end the process while an operation must finish.

A signal may arrive at any moment, so `finally` alone is not safe: the exception could be raised in
the very call that should clean up. Hence two rules. Signals interrupt only where that is allowed,
and the first one to do so ends the permission. Clean-up is registered with `at_the_end`, which runs
it after the last moment at which a signal can interrupt.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DeferredSignals:
    """Context manager that defers SIGINT, SIGTERM and SIGHUP except where `allowed`.

    It has no effect outside the main thread, or on signals that the process ignores.

    Args:
        told: Called when a signal is deferred, or interrupts.
    """

    def __init__(self, told: Callable[[], object] = lambda: None) -> None:
        self.told = told
        self.received: signal.Signals | None = None
        self._open = False
        self._before: dict[signal.Signals, Any] = {}
        self._duties = ExitStack()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for each in SIGNALS:
                if signal.getsignal(each) not in {signal.SIG_IGN, None}:
                    self._before[each] = signal.signal(each, self._handle)
        return self

    def at_the_end(self, duty: Callable[[], None]) -> None:
        """Run *duty* at the end, whatever happens; the last one registered runs first."""
        self._duties.callback(duty)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let signals raise KeyboardInterrupt in the context; a deferred one does so at once."""
        self._open = True
        try:
            self.raise_if_interrupted()
            yield
        finally:
            self._open = False

    def raise_if_interrupted(self) -> None:
        """Interrupt if a signal was deferred.

        Raises:
            KeyboardInterrupt: If so.
        """
        if self.received is not None:
            self._open = False
            raise KeyboardInterrupt

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        try:
            self._duties.close()
        finally:
            for each, handler in self._before.items():
                signal.signal(each, handler)
        if self.received is not None and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.received is None:
            self.received = signal.Signals(number)
            self.told()
        if self._open:
            self._open = False
            raise KeyboardInterrupt
