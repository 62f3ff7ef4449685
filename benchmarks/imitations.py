"""What an engine costs: how fast each imitation answers, as ratios to the default.

All servers run at the same time with the same images, and are asked in turn, round by round, so
that other load on the machine affects all of them. A cold answer is one to a request like no other.

Usage: python -m benchmarks.imitations [--images N] [--rounds N]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import images, load, servers
from tools.engines.processes import beside_python

DEFAULT = "any"
IMAGES = 1000
ROUNDS = 9
_REPEATED = 20
# What each command prints needs no server; the processor time is in seconds.
COMMANDS = (("--help",), ("list",), ("explain", "LIST-ORDER"))


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description="Measure what an engine costs.")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-") as name:
        lines = list(_imitations(Path(name), options.images, options.rounds))
    sys.stdout.write("\n".join([*lines, "", *_commands(options.rounds)]) + "\n")


def _imitations(folder: Path, size: int, rounds: int) -> Iterator[str]:
    listing = folder / "listing.json"
    images.write_listing(listing, size)
    url = f"sqlite:///{folder}/catalogue.db"
    servers.import_listing(url, listing)
    times: dict[tuple[str, bool], list[float]] = {}
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                servers.musterd(name, url, folder / name, "--engine", name)
            ).port
            for name in _names()
        }
        for number in range(rounds):
            for name, port in started.items():
                for cold in (False, True):
                    times.setdefault((name, cold), []).append(_seconds(port, number, cold=cold))
    yield f"| engine | {size:,} images again | a request like no other |"
    yield "|---|---|---|"
    for name in started:
        ratios = (_ratio(times[name, cold], times[DEFAULT, cold]) for cold in (False, True))
        yield f"| `{name}` | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |"


def _names() -> list[str]:
    told = subprocess.run(  # noqa: S603  # our own program
        [beside_python("musterd"), "engines"], check=True, capture_output=True, text=True
    )
    return [line.split()[0] for line in told.stdout.splitlines()]


def _seconds(port: int, number: int, *, cold: bool) -> float:
    """Return the median time of some answers."""
    found = []
    for each in range(_REPEATED):
        target = f"/images/json?bench={number}-{each}" if cold else "/images/json"
        found.append(load.once(port, target)[0])
    return median(found)


def _ratio(own: Sequence[float], other: Sequence[float]) -> float:
    return median(mine / its for mine, its in zip(own, other, strict=True))


def _commands(rounds: int) -> Iterator[str]:
    yield "| command | processor time, s |"
    yield "|---|---|"
    for words in COMMANDS:
        found = []
        for _ in range(rounds):
            before = _spent_by_children()
            command = [beside_python("muster"), *words]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # ours
            found.append(_spent_by_children() - before)
        yield f"| `muster {' '.join(words)}` | {median(found):.2f} |"


def _spent_by_children() -> float:
    """Return the processor time of programs that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
