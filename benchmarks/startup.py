"""How long servers take from their start to the first answer, as ratios to bare Starlette's.

All servers are started in turn, round by round, so that other load on the machine affects all of
them. A time is the median over the rounds, a ratio the median of each round's ratio. Other servers
than musterd and bare Starlette are measured where they are installed.

Usage: python -m benchmarks.startup [--rounds N]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from statistics import median

from benchmarks import load, peers, servers
from benchmarks.questions import LISTING
from tools.engines import Engine, free_port, start
from tools.engines.processes import beside_python, running

ROOT = Path(__file__).parents[1]
PING = "/_ping"
BARE = "bare Starlette"
ROUNDS = 9
# Answers the first request of a kind; the server has ended when it returns.
Start = Callable[[str, Path], float]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure how long servers take to start.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="muster-") as name:
        folder = Path(name)
        starts, missing = _starts(folder)
        times: dict[tuple[str, str], list[float]] = {}
        for number in range(rounds):
            for target in (PING, LISTING):
                for server, begin in starts.items():
                    place = folder / f"{number}-{len(times)}-{time.monotonic_ns()}"
                    place.mkdir()
                    times.setdefault((server, target), []).append(begin(target, place))
    sys.stdout.write("\n".join(_table(list(starts), times)) + "\n")
    sys.stdout.writelines(f"- {each}\n" for each in missing)


def _table(names: Sequence[str], times: dict[tuple[str, str], list[float]]) -> Iterator[str]:
    yield "| server | to the first ping, s | ratio | to the first listing, s | ratio |"
    yield "|---|---|---|---|---|"
    for server in names:
        cells = []
        for target in (PING, LISTING):
            own, bare = times[server, target], times[BARE, target]
            ratio = median(mine / least for mine, least in zip(own, bare, strict=True))
            cells += [f"{median(own):.2f}", f"{ratio:.1f}"]
        yield f"| {server} | {' | '.join(cells)} |"


def _starts(folder: Path) -> tuple[dict[str, Start], list[str]]:
    """Return what can be started on this machine, and what is missing."""
    with ExitStack() as stack:
        found = stack.enter_context(peers.found(folder, quick=True))
    sample = folder / "sample.json"
    sample.write_bytes(resources.files("musterd").joinpath("sample.json").read_bytes())
    musterd = beside_python("musterd")
    bare = [sys.executable, "-m", "benchmarks.bare", "starlette", sample]
    starts: dict[str, Start] = {
        BARE: _command(lambda port: [*bare, port]),
        "musterd": _command(
            lambda port: [musterd, "serve", "--sample", "--listen", f"tcp://127.0.0.1:{port}"]
        ),
    }
    if (moto := Path(beside_python("moto_server"))).exists():
        starts["moto"] = _command(lambda port: [moto, "-p", port])
    else:
        found.missing.append("moto is not installed")
    prism = peers.installed_prism(folder / "prism", found.missing)
    if prism is not None:
        starts["Prism"] = _command(lambda port: servers.prism_command(prism, port))
    if found.dockerd is not None:
        starts[found.dockerd.name] = _daemon(found.dockerd)
    return starts, found.missing


def _command(command: Callable[[str], Sequence[object]]) -> Start:
    def begin(target: str, folder: Path) -> float:
        port = free_port()
        words = [str(word) for word in command(str(port))]
        begun = time.perf_counter()
        with running(words, folder / "log", {"PYTHONPATH": str(ROOT)}) as process:
            process.wait_until(lambda: _answers_soon(port, target))
            return time.perf_counter() - begun

    return begin


def _daemon(engine: Engine) -> Start:
    def begin(target: str, folder: Path) -> float:
        begun = time.perf_counter()
        with start(engine, folder) as daemon:
            _answers(int(daemon.url.rpartition(":")[2]), target)
            return time.perf_counter() - begun

    return begin


def _answers_soon(port: int, target: str) -> bool:
    """Ask again and again for about the time that passes between two calls."""
    for _ in range(10):
        if _answers(port, target):
            return True
        time.sleep(0.002)
    return False


def _answers(port: int, target: str) -> bool:
    try:
        load.once(port, target)
    except ConnectionRefusedError:
        return False
    except OSError:
        # An error response also shows that the server is up.
        return True
    return True


if __name__ == "__main__":
    main()
