"""How long the suite takes on musterd, and on real daemons where they are installed.

Each row is `muster check` in a process of its own, on a server of 20 images. The time is that of
the whole command, its start included. Of its processor time, that of Schemathesis is what fuzzing
takes but for sending; the rest of the time the suite waited: for the server, or on a busy machine
for a processor.

Usage: python -m benchmarks.suite
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.images import write_archive
from benchmarks.suite_clock import Spent
from tools.engines import Daemon, EngineError, find, start
from tools.engines.processes import beside_python, running

IMAGES = 20
ENGINES = ("docker-20.10", "docker-28.5-containerd", "podman-4.3")
READ_ONLY = "read-only"
RUNS = {READ_ONLY: [], "planted": ["--plant"]}
"""The runs measured on every server, with their time limits in seconds."""

EFFORTS = (10, 100, 1000)
"""Values of --max-examples that show what it does to the time."""

ONLY_DRAWN = ["--only", "LIST-QUERY", "--max-examples", "500"]
"""Sends five thousand drawn queries and nothing else."""

HEADER = (
    f"{'server':22} {'run':24} {'time':>8} {'requests':>9} {'requests/s':>11} "
    f"{'start':>6} {'suite':>6} {'Schemathesis':>13} {'waiting':>8}"
)


def row(server: str, run: str, target: str, *options: str) -> str:
    """Measure one run, and return its row."""
    command = [sys.executable, "-m", "benchmarks.suite_clock", target, *options]
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    took = time.monotonic() - begun
    spent = Spent(**json.loads(done.stdout))
    processing = (spent.start, spent.suite, spent.schemathesis)
    shares = [f"{seconds / took:.0%}" for seconds in (*processing, took - sum(processing))]
    return (
        f"{server:22} {run:24} {took:6.1f} s {spent.requests:9} "
        f"{spent.requests / spent.checking:11.0f} "
        f"{shares[0]:>6} {shares[1]:>6} {shares[2]:>13} {shares[3]:>8}"
    )


@contextmanager
def musterd(folder: Path) -> Iterator[Daemon]:
    """Serve the sample images with musterd."""
    address = f"unix://{folder}/socket"
    command = [beside_python("musterd"), "serve", "--sample", "--listen", address]
    daemon = Daemon(address, address)
    with running(command, folder / "log") as process:
        process.wait_until(lambda: daemon.answers(by_socket=True))
        yield daemon


@contextmanager
def servers() -> Iterator[dict[str, Daemon]]:
    """Every server there is to measure, each with IMAGES images or a few more."""
    with ExitStack() as stack:

        def folder() -> Path:
            return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-")))

        found = {"musterd": stack.enter_context(musterd(folder()))}
        for name in ENGINES:
            try:
                found[name] = stack.enter_context(start(find(name), folder()))
            except EngineError as error:
                say(str(error))
        for daemon in found.values():
            fill(daemon, folder())
        yield found


def fill(daemon: Daemon, folder: Path) -> None:
    """Load images until there are at least IMAGES."""
    there = len(json.loads(daemon.ask("/images/json?all=1", by_socket=True).body))
    if there >= IMAGES:
        return
    archive = folder / "images.tar"
    write_archive(archive, IMAGES - there)
    answer = daemon.ask("/images/load", "POST", archive.read_bytes(), by_socket=True)
    if answer.status != 200:  # noqa: PLR2004
        raise RuntimeError(f"{daemon.socket}: {answer.body!r}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run from the command line."""
    with servers() as there:
        say(HEADER)
        for name, daemon in there.items():
            for run, options in RUNS.items():
                say(row(name, run, daemon.socket, *options))
        target = there["musterd"].socket
        for effort in EFFORTS:
            run = f"--max-examples {effort}"
            say(row("musterd", run, target, "--max-examples", str(effort)))
        for name, daemon in there.items():
            say(row(name, "5000 drawn queries", daemon.socket, *ONLY_DRAWN))


if __name__ == "__main__":
    main()
