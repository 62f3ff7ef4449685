"""Compare this musterd with that of another checkout: is a cached response as fast as it was?

Both servers have the same images and take turns, a second each, so that other load on the machine
hits both. The ratio of the rates is the median over all pairs of turns.

Usage: python -m benchmarks.against OTHER/.venv/bin/musterd [--rounds N] [--images N ...]
"""

import statistics
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import images, load, servers
from benchmarks.load import Sample, Server
from benchmarks.questions import PLAIN

_CONNECTIONS = 16
# Seconds of a turn.
_TURN = 1


def main() -> None:
    """Measure, and print a table of responses per second and ratios."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="the program musterd of the other checkout")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--images", type=int, nargs="+", default=[10, 1000])
    given = parser.parse_args()
    _row("images", "other, 1/s", "this, 1/s", "ratio", "quartiles", "ratio of processor time")
    _row(*["---"] * 6)
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        for count in given.images:
            place = Path(folder) / str(count)
            place.mkdir()
            _row(f"{count:,}", *_compared(_pairs(place, given.other, count, given.rounds)))


def _row(*columns: str) -> None:
    sys.stdout.write(f"| {' | '.join(columns)} |\n")
    sys.stdout.flush()


def _pairs(place: Path, other: Path, count: int, rounds: int) -> list[tuple[Sample, Sample]]:
    """Return samples of the other server and of this one, turn by turn."""
    listing = place / "listing.json"
    images.write_listing(listing, count)
    with ExitStack() as stack:
        found = [
            stack.enter_context(_serving(name, program, listing, place))
            for name, program in (("other", other), ("this", servers.MUSTERD))
        ]

        def turn(server: Server) -> Sample:
            return load.measure(server, PLAIN, _CONNECTIONS, _TURN, place)

        for server in found:
            turn(server)
        pairs = []
        for number in range(rounds):
            # Neither is always the first.
            order = found[:: -1 if number % 2 else 1]
            samples = {server.name: turn(server) for server in order}
            pairs.append((samples["other"], samples["this"]))
        return pairs


@contextmanager
def _serving(name: str, program: Path, listing: Path, place: Path) -> Iterator[Server]:
    url = f"sqlite:///{place}/{name}.db"
    servers.import_listing(url, listing, program)
    with servers.musterd(name, url, place / f"{name}.log", program=program) as server:
        yield server


def _compared(pairs: list[tuple[Sample, Sample]]) -> list[str]:
    rates = [statistics.median(pair[which].rate for pair in pairs) for which in (0, 1)]
    low, middle, high = statistics.quantiles(this.rate / other.rate for other, this in pairs)
    other, this = (_processor([pair[which] for pair in pairs]) for which in (0, 1))
    return [
        *(f"{rate:,.0f}" for rate in rates),
        f"{middle:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{this / other:.3f}",
    ]


def _processor(samples: list[Sample]) -> float:
    """Return the microseconds of processor time for a response.

    Over all turns together: the clock is too coarse for one turn on a busy machine.
    """
    responses = sum(sample.requests for sample in samples)
    return sum(sample.processor * sample.requests for sample in samples) / responses


if __name__ == "__main__":
    main()
