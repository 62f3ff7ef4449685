"""Checks every real server at every version, and holds docs/results.md against what is found.

    python -m tests.peers.sweep [--check] [FOLDER]

writes the record of each run into FOLDER, and the page from these. With --check it writes no page,
and fails if the page is not what they give.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import muster_openapi
from muster import baseline
from muster.baseline import Baseline
from muster.cli import commands
from muster.register import requirements
from muster.registry import serve
from muster.reports import reading
from tests.conformance.recorded import Replayed, recordings
from tests.conformance.servers import served

from . import daemons, images, reference_server, results
from .conftest import DOCKER, PODMAN
from .programs import Program, installed_release

BASELINES = Path(baseline.__file__).with_name("baselines")
SEEDS = range(5)
EFFORT = ("--max-examples", "20")
PLANT = "--plant"


@dataclass(frozen=True)
class Wanted:
    """One run.

    Attributes:
        version: the API version.
        seed: what fixes its random choices.
        plant: whether images are planted.
    """

    version: str
    seed: int = 0
    plant: bool = False

    @property
    def name(self) -> str:
        return f"{self.version}-{self.seed}-{'planted' if self.plant else 'read-only'}.json"


Runs = Sequence[Wanted]


def minor(first: int, last: int) -> list[str]:
    return [f"1.{number}" for number in range(first, last + 1)]


def documented(first: str, last: str) -> list[str]:
    known = list(muster_openapi.VERSIONS)
    return known[known.index(first) : known.index(last) + 1]


def each_seed(versions: Sequence[str], *, plant: bool) -> list[Wanted]:
    return [Wanted(version, seed, plant) for version in versions for seed in SEEDS]


def once(versions: Sequence[str]) -> list[Wanted]:
    """Planted, with another seed at each version."""
    return [Wanted(version, number, plant=True) for number, version in enumerate(versions)]


def check(target: str, folder: Path, runs: Runs) -> None:
    """Check the server, and write the record of each of *runs* into *folder*."""
    for run in runs:
        options = ["--seed", str(run.seed), "--api-version", run.version, *EFFORT]
        options += ["--json", str(folder / run.name), *([PLANT] if run.plant else [])]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            commands.main(["check", target, *options], standalone_mode=False)
        sys.stdout.write(f"{folder.name} {run.name}: {printed.getvalue().splitlines()[1]}\n")
        sys.stdout.flush()


def program(name: str, release: str) -> Program:
    found = installed_release(name, release)
    return found or sys.exit(f"{name} {release} is not installed")


def on_docker(folder: Path, runs: Runs) -> None:
    with (
        serve(images.remote(), "127.0.0.1:0") as registry,
        scratch() as own,
        daemons.dockerd(program("dockerd", DOCKER), registry, own) as daemon,
    ):
        check(daemon.url, folder, runs)


def on_podman(folder: Path, runs: Runs) -> None:
    with (
        serve(images.remote(), "127.0.0.1:0") as registry,
        scratch() as own,
        daemons.podman(program("podman", PODMAN), registry, own) as daemon,
    ):
        check(daemon.url, folder, runs)


def on_musterd(folder: Path, runs: Runs) -> None:
    sample = json.loads(resources.files("musterd").joinpath("sample.json").read_bytes())
    with scratch() as own, reference_server.serving(sample, own) as address:
        check(address, folder, runs)


def on_recording(position: int, folder: Path, runs: Runs) -> None:
    for run in runs:
        with served(Replayed(recordings()[position], run.version)) as server:
            check(str(server.target), folder, [run])


def on_docker_1_11(folder: Path, runs: Runs) -> None:
    on_recording(0, folder, runs)


def on_docker_29(folder: Path, runs: Runs) -> None:
    on_recording(2, folder, runs)


def on_docker_29_containerd(folder: Path, runs: Runs) -> None:
    on_recording(3, folder, runs)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="muster-") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Server:
    """A server of the page.

    Attributes:
        name: what readers call it.
        runs_in_words: how it is checked.
        make: checks it.
        runs: the runs.
        baseline: file that explains its departures; empty if it must have none.
    """

    name: str
    runs_in_words: str
    make: Callable[[Path, Runs], None]
    runs: Runs
    baseline: str = ""

    def known(self) -> Baseline:
        if not self.baseline:
            return Baseline("")
        return baseline.read(BASELINES / self.baseline, requirements().keys())

    def column(self, folder: Path) -> results.Column:
        records = [reading.read(folder / self.name / run.name) for run in self.runs]
        return results.Column(self.name, self.runs_in_words, records, self.known())


DOCUMENTED_BY_DOCKERD = documented("1.23", "1.41")
BETWEEN = [version for version in minor(23, 41) if version not in DOCUMENTED_BY_DOCKERD]

SERVERS = (
    Server(
        "Docker 20.10",
        "five seeds read-only, and planted where the contract changed; the others once planted",
        on_docker,
        [
            *each_seed(minor(23, 41), plant=False),
            *each_seed(DOCUMENTED_BY_DOCKERD, plant=True),
            *once(BETWEEN),
        ],
        "docker-20.10.toml",
    ),
    Server(
        "podman 4.3",
        "five seeds read-only, five planted at 1.23, one at the others",
        on_podman,
        [
            *each_seed(DOCUMENTED_BY_DOCKERD, plant=False),
            *each_seed(["1.23"], plant=True),
            *once(DOCUMENTED_BY_DOCKERD[1:]),
        ],
        "podman-4.3.toml",
    ),
    Server(
        "musterd",
        "two seeds read-only, one planted",
        on_musterd,
        [
            *(Wanted(version, seed) for version in muster_openapi.VERSIONS for seed in (0, 1)),
            *once(muster_openapi.VERSIONS),
        ],
    ),
    Server(
        "Docker 1.11.2",
        "recorded answers, replayed; five seeds",
        on_docker_1_11,
        each_seed(["1.23"], plant=False),
        "docker-1.11.toml",
    ),
    Server(
        "Docker 29",
        "recorded answers, replayed; one seed",
        on_docker_29,
        [Wanted(version) for version in documented("1.42", "1.54")],
    ),
    Server(
        "Docker 29, containerd store",
        "recorded answers, replayed; one seed",
        on_docker_29_containerd,
        [Wanted(version) for version in documented("1.42", "1.54")],
        "docker-29-containerd.toml",
    ),
)


def unexplained(columns: Sequence[results.Column]) -> list[str]:
    """Departures that no baseline explains, and baselines that explain what is not so."""
    return [
        f"{column.name}: {result.requirement} at {result.api_version}: {result.message}"
        for column in columns
        for record in column.records
        for result in record.results
        if result.verdict in baseline.DEPARTED and column.entry(result) is None
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path)
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = options.folder or stack.enter_context(scratch())
        for server in SERVERS:
            (folder / server.name).mkdir(parents=True, exist_ok=True)
        # The daemons are slower than the suite: two at a time keep both cores busy.
        with ProcessPoolExecutor(max_workers=2) as pool:
            for done in [pool.submit(each.make, folder / each.name, each.runs) for each in SERVERS]:
                done.result()
        columns = [server.column(folder) for server in SERVERS]
    for line in unexplained(columns):
        sys.stderr.write(f"not explained: {line}" + "\n")
    text = results.page(columns, requirements().values())
    if options.check:
        if text != results.PAGE.read_text():
            sys.stderr.write("docs/results.md is not what was found: run `make results`" + "\n")
            return 1
    else:
        results.PAGE.write_text(text)
    return 1 if unexplained(columns) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
