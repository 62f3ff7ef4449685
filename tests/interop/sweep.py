"""Checks every real server at every version, and holds docs/results.md against what is found.

    python -m tests.interop.sweep [--some] [FOLDER]

writes the record of each run into FOLDER, and the page from these. It fails if a baseline does not
explain a departure, or explains one that is not there. With --some it makes fewer runs, and fails
if the page does not say what they find, too. It needs root, dockerd 20.10 and podman 4.3.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import muster_openapi
from muster.cli.main import commands
from muster.planting.registry import serve
from muster.record import baseline, load
from muster.record.baseline import Baseline
from muster.register.requirements import requirements
from tests.conformance.support.recorded import Replayed, recordings
from tests.conformance.support.servers import served

from . import results
from .conftest import DOCKER, PODMAN
from .support import daemons, images, reference_server
from .support.programs import Program, installed_release
from .support.sweep_plan import Runs, documented, each_seed, minor, once

BASELINES = Path(baseline.__file__).with_name("baselines")
PLANT = ("--plant",)
PULL = ("--registry-address", "127.0.0.1:0")


def check(target: str, folder: Path, runs: Runs, plant: Sequence[str] = PLANT) -> None:
    """Check the server, and write the record of each of *runs* into *folder*."""
    for run in runs:
        options = ["--seed", str(run.seed), "--api-version", run.version]
        options += ["--json", str(folder / run.name)]
        # What is drawn at random is drawn on fewer images, faster, in the read-only runs.
        options += [*plant, "--max-examples", "5"] if run.plant else ["--max-examples", "10"]
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
        check(daemon.url, folder, runs, PLANT + PULL)


def on_podman(folder: Path, runs: Runs) -> None:
    # It reads every image for every listing, so that others beside the planted ones cost minutes.
    empty = all(run.plant for run in runs)
    with (
        serve(images.remote(), "127.0.0.1:0") as registry,
        scratch() as own,
        daemons.podman(program("podman", PODMAN), registry, own, empty=empty) as daemon,
    ):
        check(daemon.url, folder, runs, PLANT + PULL)


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


@dataclass(frozen=True, eq=False)
class Server:
    """A server of the page.

    Attributes:
        name: what readers call it.
        make: checks it.
        runs: the runs.
        some: those of them that are made for a page that is there already.
        baseline: file that explains its departures, among those that are shipped or by its path;
            empty if it must have none.
        how: how it is checked, if not as it runs.
    """

    name: str
    make: Callable[[Path, Runs], None]
    runs: Runs
    some: Runs = ()
    baseline: str = ""
    how: str = ""

    def known(self) -> Baseline:
        if not self.baseline:
            return Baseline("")
        return baseline.read(BASELINES / self.baseline, requirements().keys())

    def column(self, folder: Path, runs: Runs) -> results.Column:
        records = [load.read(folder / self.name / run.name) for run in runs]
        return results.Column(self.name, records, self.known(), self.how)


DOCUMENTED = documented("1.23", "1.41")
# Those of Docker 29; what changed in between is not about List Images.
RECORDED = ["1.42", "1.43", "1.44", "1.47", "1.48", "1.51", "1.54"]
EVERY = minor(23, 41)
REPLAYED = "recorded answers, replayed"

SERVERS = (
    Server(
        "Docker 20.10",
        on_docker,
        [*each_seed(EVERY, plant=False), *each_seed(EVERY, plant=True)],
        [*each_seed(EVERY, plant=False), *once(EVERY, plant=True)],
        "docker-20.10.toml",
    ),
    Server(
        "podman 4.3",
        on_podman,
        [
            *each_seed(DOCUMENTED, plant=False),
            *each_seed(["1.23", "1.41"], plant=True),
        ],
        [*each_seed(["1.41"], plant=False), *once(["1.23"], plant=True)],
        "podman-4.3.toml",
    ),
    Server(
        "musterd",
        on_musterd,
        [
            *once(muster_openapi.VERSIONS, plant=False),
            *once(muster_openapi.VERSIONS, plant=True),
        ],
        baseline=str(Path(__file__).with_name("data") / "musterd.toml"),
    ),
    Server(
        "Docker 1.11.2",
        on_docker_1_11,
        each_seed(["1.23"], plant=False),
        baseline="docker-1.11.toml",
        how=REPLAYED,
    ),
    Server(
        "Docker 29",
        on_docker_29,
        once(RECORDED, plant=False),
        how=REPLAYED,
    ),
    Server(
        "Docker 29, containerd store",
        on_docker_29_containerd,
        once(RECORDED, plant=False),
        baseline="docker-29-containerd.toml",
        how=REPLAYED,
    ),
)


def unexplained(columns: Sequence[results.Column]) -> Iterator[str]:
    """Departures that no baseline explains, and explanations of what is not so."""
    for column in columns:
        for made in column.records:
            held = baseline.apply(column.baseline, made, datetime.now(UTC).date())
            where = f"{column.name} at {made.api_version}, seed {made.seed}"
            for result in held.of(*baseline.DEPARTED):
                if result.known is None:
                    yield f"{where}: {result.requirement}: {result.message}"
            for problem in held.baseline.problems if held.baseline else ():
                yield f"{where}: {column.baseline.file}: {problem}"


def unsaid(columns: Sequence[results.Column]) -> Iterator[str]:
    """Departures that the page does not tell of."""
    page = results.PAGE.read_text()
    for column in columns:
        for made in column.records:
            for problem in results.unsaid(page, column.name, made):
                yield f"{column.name}: {problem}"


def sweep(folder: Path, servers: Mapping[Server, Runs]) -> list[results.Column]:
    """Make runs on servers, and write the records into *folder*."""
    for server in servers:
        (folder / server.name).mkdir(parents=True, exist_ok=True)
    # The daemons are slower than the suite: two at a time keep both cores busy. Each serves the
    # read-only runs or the planted ones.
    with ProcessPoolExecutor(max_workers=2) as pool:
        making = [
            pool.submit(server.make, folder / server.name, some)
            for server, runs in servers.items()
            for plant in (False, True)
            if (some := [run for run in runs if run.plant == plant])
        ]
        for done in making:
            done.result()
    return [server.column(folder, runs) for server, runs in servers.items()]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--some", action="store_true")
    options = parser.parse_args(arguments)
    servers = {each: each.some if options.some else each.runs for each in SERVERS}
    with contextlib.ExitStack() as stack:
        folder = options.folder or stack.enter_context(scratch())
        columns = sweep(folder, {server: runs for server, runs in servers.items() if runs})
    problems = [f"not explained: {problem}" for problem in unexplained(columns)]
    if options.some:
        problems += [f"not in {results.PAGE.name}: {problem}" for problem in unsaid(columns)]
    else:
        results.PAGE.write_text(results.page(columns, requirements().values()))
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
