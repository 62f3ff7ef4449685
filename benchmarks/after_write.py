"""What a listing costs that is the first after a write."""

import statistics

from benchmarks import load
from benchmarks.load import Server
from benchmarks.questions import LISTING, WRITE

_ROUNDS = 15


def compare(server: Server, anew: Server) -> tuple[float, float]:
    """Return the median milliseconds of such a listing, and of one by a server that keeps nothing.

    The two take turns.
    """
    first: list[float] = []
    second: list[float] = []
    for _ in range(_ROUNDS):
        load.once(server.port, WRITE, "POST")
        first.append(load.once(server.port, LISTING)[0])
        second.append(load.once(anew.port, LISTING)[0])
    return statistics.median(first) * 1e3, statistics.median(second) * 1e3
