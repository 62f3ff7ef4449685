"""Start a program, wait until it is ready, and make sure that it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

START_SECONDS = 30
STOP_SECONDS = 20


class Process:
    """A program in its own process group, with its output in a file."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        # The kernel ends the program if this process is killed first.
        follow = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self._log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(  # noqa: S603  # what the caller names
                [*follow, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    @property
    def output(self) -> str:
        """The output so far."""
        return self._log.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until *ready* returns true.

        Raises:
            StartError: If the program ends first, or takes too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._popen.poll() is not None:
                raise StartError(f"ended with {self._popen.returncode}: {self.output[-2000:]}")
            if time.monotonic() > deadline:
                raise StartError(f"not ready in {START_SECONDS} s: {self.output[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> int:
        """Stop the program with SIGTERM, as an operator would, and return its exit status."""
        self._popen.terminate()
        try:
            return self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            return self._popen.wait()


@contextmanager
def running(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a program while the context is open, with *env* added to this process's environment."""
    process = Process(command, log, env or {})
    try:
        yield process
    finally:
        process.stop()


def beside_python(name: str) -> str:
    """Return the path of a command in this Python environment."""
    return str(Path(sys.executable).with_name(name))
