"""Signals that end the process, held back while something must be finished.

A signal may come at any moment, so that no `finally` alone is safe: the exception could be raised
in the very call that was to clean up. Hence two rules here. Signals interrupt only where that is
allowed, and the first one that does so ends the allowance; and what must be done at the end is
registered with `at_the_end`, which runs after the last moment at which anything can interrupt.
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
    """Holds SIGINT, SIGTERM and SIGHUP back, but for where `allowed`; a context manager.

    In other threads than the main one, and of signals that the process ignores, it does nothing.

    Args:
        told: Called when a signal is held back, or interrupts.
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
        """Have *duty* done at the end, whatever happens; those that came last are done first."""
        self._duties.callback(duty)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let signals interrupt meanwhile, by KeyboardInterrupt; one that was held back does."""
        self._open = True
        try:
            self.raise_if_interrupted()
            yield
        finally:
            self._open = False

    def raise_if_interrupted(self) -> None:
        """Interrupt, if a signal was held back.

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
