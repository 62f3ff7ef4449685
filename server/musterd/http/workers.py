"""Several processes that serve the same sockets, so that a server can use several cores.

The parent binds the sockets and opens nothing else; the workers are forked from it and accept
connections from the same sockets, whoever is idle first. They know nothing of each other: what one
writes, the others find in the catalogue, as with any other process that writes there.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Self, cast

from musterd.errors import MusterdError, ServeError

#: What a worker does: serve until SIGTERM, after calling what it is given once it is ready.
Work = Callable[[Callable[[], None]], None]

# Seconds before another worker is started in place of one that could not.
_PAUSE = 1
# Signals that are noticed at a time.
_BUFFER = 4096
_Handler = Callable[[int, FrameType | None], object] | int | None
_CONTEXT = multiprocessing.get_context("fork")
_ENDING = (signal.SIGTERM, signal.SIGINT)
_SIGNALS = (*_ENDING, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What workers are to do, and how they end.

    Attributes:
        count: How many there are.
        work: What each of them does, in a process of its own.
        grace: Seconds that they get to end; then they are killed.
        orphaned: Called in a worker whose parent was killed, before it ends.
    """

    count: int
    work: Work
    grace: float
    orphaned: Callable[[], None]


def run(crew: Crew, ready: Callable[[], None], signals: "Signals") -> None:
    """Keep workers until SIGTERM or SIGINT; call from the main thread.

    A worker that ends by itself is replaced, which standard error says. SIGHUP is passed on.

    Args:
        crew: The workers.
        ready: Called once all are ready.
        signals: The signals that this process gets.

    Raises:
        ServeError: A worker has ended before all were ready for the first time; none is left.
    """
    workers = _Workers(crew)
    try:
        for _ in range(crew.count):
            workers.start()
        while not signals.ended and workers.starting:
            workers.watch(signals)
        if not signals.ended:
            workers.are_ready = True
            ready()
        while not signals.ended:
            workers.watch(signals)
    finally:
        workers.end()


class _Workers:
    """The processes, and what they are waited for by."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._running: dict[int, ForkProcess] = {}
        #: Whether all were, once: from then on none that fails to start ends the others.
        self.are_ready = False
        #: By the end of a pipe that says that a worker is ready.
        self.starting: dict[Connection, ForkProcess] = {}

    def start(self) -> None:
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(self._crew, sender))
        # Until the worker has handlers of its own, it must not run those of this process.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        sender.close()
        self.starting[receiver] = process
        self._running[process.sentinel] = process

    def watch(self, signals: "Signals") -> None:
        """Wait until something happens, and see to it."""
        for event in wait([signals.wake, *self.starting, *self._running]):
            if event is signals.wake:
                if signals.hung_up():
                    self._send(signal.SIGHUP)
            elif isinstance(event, Connection):
                self._hear(event)
            else:
                self._replace(cast("int", event))

    def _hear(self, receiver: Connection) -> None:
        """Hear from a worker that it is ready, or else why it is not."""
        self.starting.pop(receiver)
        with receiver:
            try:
                problem = receiver.recv()
            except EOFError:
                problem = "a worker has ended before it was ready"
        if problem is not None:
            if not self.are_ready:
                raise ServeError(problem)
            sys.stderr.write(f"musterd: a worker cannot start: {problem}\n")
            # Whatever it is, it may be over soon; until then this must not take all of a processor.
            time.sleep(_PAUSE)

    def _replace(self, sentinel: int) -> None:
        process = self._running[sentinel]
        if process in self.starting.values():
            # What its pipe says comes first.
            return
        process.join()
        del self._running[sentinel]
        status = f"musterd: worker {process.pid} has ended with status {process.exitcode}"
        sys.stderr.write(f"{status}; another one takes its place\n")
        process.close()
        self.start()

    def _send(self, number: signal.Signals) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid or 0, number)

    def end(self) -> None:
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + self._crew.grace
        for process in self._running.values():
            process.join(max(0, deadline - time.monotonic()))
            process.kill()
            process.join()


class Signals:
    """Notices SIGTERM, SIGINT and SIGHUP, and wakes who waits for `wake`.

    Attributes:
        ended: Whether one of the first two came.
        wake: A socket that can be read when a signal came.
    """

    def __init__(self) -> None:
        self.ended = False
        self._hung_up = False
        self.wake, self._woken = socket.socketpair()
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Self:
        self._woken.settimeout(0)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.wake.close()
        self._woken.close()

    def hung_up(self) -> bool:
        """Tell whether SIGHUP came since this was last called."""
        self.wake.recv(_BUFFER)
        came, self._hung_up = self._hung_up, False
        return came

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._hung_up = True
        else:
            self.ended = True


def _work(crew: Crew, sender: Connection) -> None:
    """Be a worker."""
    signal.set_wakeup_fd(-1)
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    # There is nothing to load again before all is loaded.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, args=(crew,), daemon=True).start()

    def ready() -> None:
        sender.send(None)
        sender.close()

    try:
        crew.work(ready)
    except MusterdError as error:
        if sender.closed:
            raise
        sender.send(str(error))


def _end_with_parent(crew: Crew) -> None:
    """Wait until the parent is gone, however it went, and end as if it had said so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        crew.orphaned()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(crew.grace)
        os.kill(os.getpid(), signal.SIGKILL)
