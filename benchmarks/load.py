"""Asking a server as fast as it answers, with `wrk`."""

import http.client
import json
import math
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import footprint
from benchmarks.questions import LISTING, PLAIN, Question

# Seconds for one answer, and for one measurement at most; answers that it should last for.
PATIENCE = 60
LONGEST = 5
ENOUGH = 8
_LONGEST_SLOW = 20
# Seconds in which an idle machine takes less than a quarter of a core.
_IDLE = 0.2

_REPORT = """
done = function(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
"""


@dataclass
class Server:
    """A running server.

    Attributes:
        name: What the tables call it.
        port: Where it answers, on loopback.
        pid: Of the process that was started, which may have started others.
        started: Seconds from its start to its first answer to anything.
        base: Bytes that its process had in memory at most by then.
        listing: The path of the plain listing.
        imported: Seconds that getting the images in has taken; None if it has none of its own.
        stored: Bytes that the images take on the disk.
    """

    name: str
    port: int
    pid: int
    started: float
    base: int
    listing: str = LISTING
    imported: float | None = None
    stored: int | None = None


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        rate: Answers a second.
        p50: Milliseconds that half of the answers took at most.
        p99: The same of all but a hundredth.
        requests: How many answers there were.
        failed: How many of them were errors, or never came.
        processor: Microseconds of the server's processor time for each.
    """

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int
    processor: float


def once(
    port: int, target: str, method: str = "GET", *, patience: float = PATIENCE
) -> tuple[float, bytes]:
    """Ask once, and wait for *patience* seconds.

    Returns:
        The seconds that the answer took, and its body.

    Raises:
        OSError: The server does not answer, or not with a success.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=patience)) as connection:
        connection.connect()
        start = time.perf_counter()
        connection.request(method, target)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise OSError(f"{method} {target}: status {answer.status}: {body[:200]!r}")
        return time.perf_counter() - start, body


def settle() -> None:
    """Wait until servers are done with what nobody waits for any more, or for some seconds.

    A database works in processes of its own: the machine has to be idle.
    """
    until = time.monotonic() + PATIENCE
    spent = footprint.busy()
    while time.monotonic() < until:
        time.sleep(_IDLE)
        before, spent = spent, footprint.busy()
        if spent - before < _IDLE / 4:
            return


def seconds_for(one: float, connections: int) -> int:
    """Return how long to measure what takes *one* second at a time, in whole seconds."""
    usual = min(LONGEST, max(1, math.ceil(one * ENOUGH)))
    # Some answers must come within it, be they made one after the other.
    return max(usual, min(_LONGEST_SLOW, math.ceil(one * connections * 1.5)))


def measure(
    server: Server, question: Question, connections: int, seconds: int, folder: Path
) -> Sample:
    """Ask for some seconds over some connections, each of which waits for its answers.

    In *folder* there is room for `wrk`'s program.
    """
    target = server.listing if question is PLAIN else question.target
    script = folder / "question.lua"
    script.write_text(question.script(target) + _REPORT)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE}s"]
    before = footprint.processor(server.pid)
    done = subprocess.run(  # noqa: S603
        [*command, "-s", script, f"http://127.0.0.1:{server.port}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 2 * PATIENCE,
    )
    spent = footprint.processor(server.pid) - before
    found = json.loads(done.stdout.strip().rpartition("\n")[2])
    return Sample(
        rate=found["requests"] * 1e6 / found["microseconds"],
        p50=found["p50"] / 1e3,
        p99=found["p99"] / 1e3,
        requests=found["requests"],
        failed=found["failed"],
        processor=spent * 1e6 / max(1, found["requests"]),
    )
