"""How fast musterd answers, beside other servers that hold the same images or send the same octets.

All servers of a size run at the same time, and are asked one after the other, round by round: what
else keeps the machine busy tells on all of them. Needs wrk; what else is not installed is left out,
and the report says so. Daemons need root.

Usage: python -m benchmarks.speed [--quick] [--rounds N] [--write]
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import after_write, footprint, images, load, peers, servers
from benchmarks.load import Server
from benchmarks.plot import plot
from benchmarks.questions import (
    DIFFERENT,
    DIFFERENT_LABEL,
    DIFFERENT_NAME,
    FEWER,
    OTHERS,
    PLAIN,
    Question,
)
from benchmarks.results import Case, Footprint, Results
from benchmarks.tables import report
from benchmarks.targets import DOCKERD, NOTHING_KEPT, POSTGRESQL, SQLITE, TWO_WORKERS
from tools.engines import EngineError

DOCUMENT = servers.ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- results -->\n", "<!-- end of results -->"
# Servers with images, which get every request.
_ASKED_ALL = (SQLITE, POSTGRESQL, DOCKERD, "podman")
# How often servers are asked the plain question in each round.
_TIMES_PLAIN = 5
# A server that takes longer than this is not asked at several connections, in seconds; one that
# takes a sixth of it is, but once.
_SLOW = 3.0
# Where answers to all connections take longer than this, in seconds, a server has some left to make
# when it is not asked any more.
_LONG = 0.05
# With so many images the response dominates a server's memory.
_LARGE = 100_000


@dataclass(frozen=True)
class Stage:
    """The measurements with one number of images.

    Attributes:
        size: That number.
        questions: What the servers with images are asked besides the plain listing.
        rounds: How often.
        connections: The numbers of concurrent connections.
        without: The kinds of servers that are left out.
        patience: Seconds that a daemon gets to load the images.
    """

    size: int
    questions: tuple[Question, ...] = OTHERS
    rounds: int = 3
    connections: tuple[int, ...] = (1, 16)
    without: frozenset[str] = frozenset()
    patience: float = 60


_OTHER_SERVERS = frozenset({"podman", "bare", "nginx", "prism", DOCKERD, "variants"})
FULL = (
    Stage(10, rounds=2),
    Stage(1000, patience=400),
    Stage(10_000, rounds=2, without=frozenset({"podman", "variants"}), patience=600),
    Stage(100_000, FEWER, rounds=2, without=_OTHER_SERVERS),
)
_NOT_QUICK = frozenset({"podman", "prism", "nginx", POSTGRESQL, "variants"})
QUICK = (
    Stage(10, FEWER, rounds=1, connections=(16,), without=_NOT_QUICK, patience=20),
    Stage(1000, FEWER, rounds=2, connections=(16,), without=_NOT_QUICK, patience=20),
)


@dataclass
class Bench:
    """One run."""

    folder: Path
    results: Results = field(default_factory=Results)

    def run(self, stages: tuple[Stage, ...], found: peers.Found) -> None:
        """Measure everything."""
        self.results.notes += found.missing
        start = os.getloadavg()[0]
        for stage in stages:
            _say(f"{stage.size:,} images: starting the servers")
            with ExitStack() as stack:
                asked = self._start(stack, stage, found)
                self._compare(stage, asked)
                self._ask(stage, asked)
                self._after_write(stage, asked)
                for server in asked:
                    self.results.footprints[stage.size, server.name] = Footprint(
                        server.started, footprint.memory(server.pid), server.imported, server.stored
                    )
            if stage.size >= _LARGE:
                self._grow(stage.size)
        now = os.getloadavg()[0]
        self.results.cores = os.cpu_count() or 1
        self.results.notes.append(
            f"{self.results.cores} cores, {platform.machine()}, Python "
            f"{platform.python_version()}; load average {start:.1f} before, {now:.1f} after; wrk "
            "shares the cores"
        )

    def _start(self, stack: ExitStack, stage: Stage, found: peers.Found) -> list[Server]:
        """Start all servers of a stage, as long as *stack* lasts."""
        place = self.folder / str(stage.size)
        place.mkdir()
        listing, archive = place / "listing.json", place / "archive.tar"
        images.write_listing(listing, stage.size)
        file = place / "catalogue.db"
        url = f"sqlite:///{file}"
        imported = servers.import_listing(url, listing)
        first = stack.enter_context(servers.musterd(SQLITE, url, place / "musterd.log"))
        first.imported, first.stored = imported, file.stat().st_size
        started = [first]
        body = place / "body.json"
        body.write_bytes(load.once(first.port, first.listing)[1])

        def add(kind: str, *opening: AbstractContextManager[Server]) -> None:
            for each in () if kind in stage.without else opening:
                try:
                    started.append(stack.enter_context(each))
                except (OSError, EngineError) as error:
                    self.results.notes.append(f"{stage.size:,} images, {kind}: {error}")

        if found.postgresql is not None:
            add(POSTGRESQL, _on_postgresql(found.postgresql, listing, place))
        two, nothing = ("--workers", "2"), ("--response-cache", "0")
        add("variants", servers.musterd(TWO_WORKERS, url, place / "two.log", *two))
        add("variants", servers.musterd(NOTHING_KEPT, url, place / "nothing.log", *nothing))
        add("bare", *(servers.bare(kind, body, place / kind) for kind in ("starlette", "asgi")))
        if found.nginx:
            add("nginx", servers.nginx(found.nginx, body, place / "nginx"))
        if found.prism:
            add("prism", servers.prism(found.prism, place / "prism.log"))
        if not {DOCKERD, "podman"} <= stage.without:
            images.write_archive(archive, stage.size)
        for kind, engine in ((DOCKERD, found.dockerd), ("podman", found.podman)):
            if engine:
                folder = place / kind
                add(kind, servers.engine(kind, engine, archive, folder, stage.patience))
        return started

    def _compare(self, stage: Stage, asked: list[Server]) -> None:
        """Note which servers list something else than the first does."""
        for question in (PLAIN, *stage.questions):
            wanted = None
            for server in asked:
                if server.name not in _ASKED_ALL:
                    continue
                count = peers.count(server.port, question.target)
                wanted = count if wanted is None else wanted
                if count != wanted:
                    self.results.notes.append(
                        f"{stage.size:,} images, {question.name}: {server.name} lists {count} "
                        f"images instead of {wanted}"
                    )

    def _ask(self, stage: Stage, asked: list[Server]) -> None:
        for number in range(stage.rounds):
            _say(f"{stage.size:,} images: round {number + 1} of {stage.rounds}")
            for question in (PLAIN, *stage.questions):
                # These differ by less than a round does from the next.
                times = _TIMES_PLAIN if question is PLAIN else 1
                for connections in times * stage.connections:
                    for server in asked:
                        if _is_asked(server.name, question):
                            self._measure(stage.size, server, question, connections)

    def _measure(self, size: int, server: Server, question: Question, connections: int) -> None:
        target = server.listing if question is PLAIN else question.target
        case = Case(size, question.name, connections, server.name)
        try:
            one, _ = load.once(server.port, question.like_no_other(target))
        except OSError as error:
            self.results.notes.append(f"{size:,} images, {question.name}, {server.name}: {error}")
            return
        if connections > 1 and (one > _SLOW or (one > _SLOW / 6 and self.results.samples[case])):
            return
        seconds = load.seconds_for(one, connections)
        sample = load.measure(server, question, connections, seconds, self.folder)
        if one * connections > _LONG:
            load.settle()
        self.results.samples[case].append(sample)
        if sample.failed:
            self.results.notes.append(
                f"{size:,} images, {question.name}, {connections} connections: "
                f"{sample.failed} of {server.name}'s {sample.requests} answers failed"
            )

    def _after_write(self, stage: Stage, asked: list[Server]) -> None:
        by_name = {server.name: server for server in asked}
        nothing = by_name.get(NOTHING_KEPT)
        if nothing is not None:
            self.results.after_write[stage.size, SQLITE] = after_write.compare(
                by_name[SQLITE], nothing
            )

    def _grow(self, size: int) -> None:
        """See how much a new server grows to give the largest answer."""
        place = self.folder / str(size)
        with servers.musterd(SQLITE, f"sqlite:///{place}/catalogue.db", place / "grow.log") as one:
            for _ in range(2):
                body = len(load.once(one.port, one.listing)[1])
            self.results.growth[size] = body, footprint.peak(one.pid) - one.base


@contextmanager
def _on_postgresql(server: peers.Postgresql, listing: Path, place: Path) -> Iterator[Server]:
    url = server.empty()
    imported = servers.import_listing(url, listing)
    stored = server.stored()
    with servers.musterd(POSTGRESQL, url, place / "postgresql.log") as started:
        started.imported, started.stored = imported, stored
        yield started


def _is_asked(server: str, question: Question) -> bool:
    if question is PLAIN or server in _ASKED_ALL:
        return True
    if server == NOTHING_KEPT:
        return question in (DIFFERENT_LABEL, DIFFERENT_NAME)
    return server == TWO_WORKERS and question is DIFFERENT


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")


def _write(text: str, picture: str) -> None:
    """Put the results where the document has them, and leave the rest of it."""
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    shown = DOCUMENT.with_suffix(".svg")
    shown.write_text(picture)
    image = f"![Answers a second, and time by number of images]({shown.name})"
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{image}\n\n{text}\n\n{_END}{after}")


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Measure musterd beside other servers.")
    parser.add_argument("--quick", action="store_true", help="some of it, in two minutes")
    parser.add_argument("--rounds", type=int, help="how many, instead of two or three")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="muster-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with peers.found(Path(folder), quick=given.quick) as found:
            bench = Bench(Path(folder))
            stages = QUICK if given.quick else FULL
            if given.rounds:
                stages = tuple(replace(stage, rounds=given.rounds) for stage in stages)
                bench.results.notes.append(f"rounds: {given.rounds}")
            bench.run(stages, found)
    minutes = (time.monotonic() - start) / 60
    bench.results.notes.append(f"the run took {minutes:.0f} minutes")
    text = report(bench.results)
    sys.stdout.write(f"{text}\n")
    if given.write:
        _write(text, plot(bench.results))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {error}: {error.stderr or ''}")
