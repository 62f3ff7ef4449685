"""Worker processes that share sockets, so that a server can use several cores.

The parent binds the sockets and opens nothing else. The workers are forked from it and accept
connections on the same sockets as they become idle. They do not communicate: like any other
process, each sees what the others write to the catalogue.
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

# The work of a worker: call the argument when ready, and serve until SIGTERM.
Work = Callable[[Callable[[], None]], None]

# Seconds before a worker that failed to start is replaced.
_PAUSE = 1
# The most signals to read at a time.
_BUFFER = 4096
_Handler = Callable[[int, FrameType | None], object] | int | None
_CONTEXT = multiprocessing.get_context("fork")
_ENDING = (signal.SIGTERM, signal.SIGINT)
_SIGNALS = (*_ENDING, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The workers' task, and how they are stopped.

    Attributes:
        count: The number of workers.
        work: What each worker runs in its process.
        grace: Seconds for the workers to exit before they are killed.
        orphaned: Called in a worker before it exits because its parent was killed.
    """

    count: int
    work: Work
    grace: float
    orphaned: Callable[[], None]


def run(crew: Crew, ready: Callable[[], None], signals: "Signals") -> None:
    """Keep workers running until SIGTERM or SIGINT; call this from the main thread.

    A worker that exits unexpectedly is replaced, with a message on standard error. SIGHUP is passed
    on.

    Args:
        crew: The workers.
        ready: Called once all workers are ready.
        signals: The signals to this process.

    Raises:
        ServeError: A worker exited before all were ready for the first time; the others are
            stopped.
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
    """The worker processes, and the pipes of those that are starting.

    Attributes:
        are_ready: Whether all were ready once; after that, a failed start does not stop the others.
        starting: The processes that are not ready yet, by the pipe that will report it.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._running: dict[int, ForkProcess] = {}
        self.are_ready = False
        self.starting: dict[Connection, ForkProcess] = {}

    def start(self) -> None:
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(self._crew, sender))
        # Block signals until the worker has its own handlers, so that it does not run the parent's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        sender.close()
        self.starting[receiver] = process
        self._running[process.sentinel] = process

    def watch(self, signals: "Signals") -> None:
        """Wait for the next event, and handle it."""
        for event in wait([signals.wake, *self.starting, *self._running]):
            if event is signals.wake:
                if signals.hung_up():
                    self._send(signal.SIGHUP)
            elif isinstance(event, Connection):
                self._hear(event)
            else:
                self._replace(cast("int", event))

    def _hear(self, receiver: Connection) -> None:
        """Read from a worker that it is ready, or why it is not."""
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
            # The cause may pass soon; until then, do not retry in a busy loop.
            time.sleep(_PAUSE)

    def _replace(self, sentinel: int) -> None:
        process = self._running[sentinel]
        if process in self.starting.values():
            # Handle the message in its pipe first.
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
    """Receive SIGTERM, SIGINT and SIGHUP without interrupting other code.

    Attributes:
        ended: Whether SIGTERM or SIGINT has arrived.
        wake: A socket that becomes readable when a signal arrives.
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
        """Tell whether SIGHUP has arrived since the last call."""
        self.wake.recv(_BUFFER)
        came, self._hung_up = self._hung_up, False
        return came

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._hung_up = True
        else:
            self.ended = True


def _work(crew: Crew, sender: Connection) -> None:
    """Run as a worker process."""
    signal.set_wakeup_fd(-1)
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    # Ignore reloads until everything is loaded.
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
    """Wait until the parent has exited, for whatever reason, and then stop as on SIGTERM."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        crew.orphaned()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(crew.grace)
        os.kill(os.getpid(), signal.SIGKILL)
