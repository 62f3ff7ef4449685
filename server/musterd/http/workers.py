"""Several processes that serve the same sockets, so that a server can use several cores.

The parent binds the sockets and opens nothing else; the workers are forked from it and accept
connections from the same sockets, whoever is idle first. They know nothing of each other: what one
writes, the others find in the catalogue, as with any other process that writes there.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Self

from musterd.errors import MusterdError, ServeError

#: What a worker does: serve until SIGTERM, after calling what it is given once it is ready.
Work = Callable[[Callable[[], None]], None]

_Handler = Callable[[int, FrameType | None], object] | int | None
_CONTEXT = multiprocessing.get_context("fork")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(count: int, work: Work, ready: Callable[[], None], *, patience: float) -> None:
    """Keep *count* workers until SIGTERM or SIGINT; call from the main thread.

    A worker that ends by itself is replaced, which standard error says.

    Args:
        count: How many.
        work: What each of them does, in a process of its own.
        ready: Called once all are ready.
        patience: Seconds that workers get to end; then they are killed.

    Raises:
        ServeError: A worker has ended before it was ready; none is left.
    """
    workers = _Workers(work)
    with _Signals() as signals:
        try:
            for _ in range(count):
                workers.start()
            while not signals.came and workers.starting:
                workers.watch(signals.wake)
            if not signals.came:
                ready()
            while not signals.came:
                workers.watch(signals.wake)
        finally:
            workers.end(patience)


class _Workers:
    """The processes, and what they are waited for by."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._running: dict[int, ForkProcess] = {}
        #: By the end of a pipe that says that a worker is ready.
        self.starting: dict[Connection, ForkProcess] = {}

    def start(self) -> None:
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(self._work, sender))
        # Until the worker has handlers of its own, it must not run those of this process.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        sender.close()
        self.starting[receiver] = process
        self._running[process.sentinel] = process

    def watch(self, wake: socket.socket) -> None:
        """Wait until something happens, and see to it."""
        for event in wait([wake, *self.starting, *self._running]):
            if isinstance(event, Connection):
                self._hear(event)
            elif isinstance(event, int):
                self._replace(event)

    def _hear(self, receiver: Connection) -> None:
        """Hear from a worker that it is ready, or else why it is not."""
        self.starting.pop(receiver)
        with receiver:
            try:
                problem = receiver.recv()
            except EOFError:
                problem = "a worker has ended before it was ready"
        if problem is not None:
            raise ServeError(problem)

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

    def end(self, patience: float) -> None:
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + patience
        for process in self._running.values():
            process.join(max(0, deadline - time.monotonic()))
            process.kill()
            process.join()


class _Signals:
    """Notices SIGTERM and SIGINT, and wakes who waits for `wake`."""

    def __init__(self) -> None:
        self.came = False
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

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True


def _work(work: Work, sender: Connection) -> None:
    """Be a worker."""
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def ready() -> None:
        sender.send(None)
        sender.close()

    try:
        work(ready)
    except MusterdError as error:
        if sender.closed:
            raise
        sender.send(str(error))


def _end_with_parent() -> None:
    """Wait until the parent is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
