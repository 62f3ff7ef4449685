"""The servers of the pages of results: how each is started, and which runs are made on it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import muster_openapi
from muster.cli.main import commands
from muster.planting.registry import serve
from muster.record import baseline, load
from muster.record.baseline import Baseline
from muster.register.requirements import requirements
from muster.suite.results import INTERRUPTED
from tests.conformance.support.recorded import Replayed, recordings
from tests.conformance.support.servers import served
from tools.engines import Store, find, free_port, start

from . import results
from .support import daemons, images, reference_server
from .support.sweep_plan import Runs, Wanted, documented, each_seed, minor, once

BASELINES = Path(str(resources.files("muster"))) / "baselines"
REPLAYED = "recorded answers, replayed"


@dataclass(frozen=True)
class Effort:
    """How many queries are drawn at random, by `--max-examples`.

    Attributes:
        read_only: in runs that change nothing.
        planted: in the others, which have more images to draw from.
    """

    read_only: int = 10
    planted: int = 5


PATIENT = ("--timeout", "120")
"""A machine that is busy with other runs is no fault of the engine."""

LITTLE = Effort(2, 2)
"""For engines that take tens of times as long for a listing."""


@dataclass(frozen=True, eq=False)
class Server:
    """A server of the pages.

    Attributes:
        name: what readers call it.
        make: makes runs on it, and writes their records into a folder.
        runs: the runs.
        some: those of them that are made for pages that are there already.
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
        """Return what explains its departures."""
        if not self.baseline:
            return Baseline("")
        return baseline.read(BASELINES / self.baseline, requirements().keys())

    def column(self, folder: Path, runs: Runs) -> results.Column:
        """Return the column of the matrix, from the records in *folder*."""
        records = [load.read(folder / self.name / run.name) for run in runs]
        return results.Column(self.name, records, self.known(), self.how)


def check(
    target: str, folder: Path, runs: Runs, plant: Sequence[str], effort: Effort = Effort()
) -> None:
    """Check the server at *target*, and write the record of each of *runs* into *folder*."""
    for run in runs:
        options = ["--seed", str(run.seed), "--api-version", run.version, *PATIENT]
        options += ["--json", str(folder / run.name)]
        examples = effort.planted if run.plant else effort.read_only
        options += [*(plant if run.plant else ()), "--max-examples", str(examples)]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            commands.main(["check", target, *options], standalone_mode=False)
        sys.stdout.write(f"{folder.name} {run.name}: {printed.getvalue().splitlines()[1]}\n")
        sys.stdout.flush()
        if load.read(folder / run.name).aborted_because == INTERRUPTED:
            (folder / run.name).unlink()
            raise KeyboardInterrupt


def on_engine(name: str, effort: Effort, folder: Path, runs: Runs) -> None:
    """Check a real engine: read-only with images of the tests, else with those that are planted.

    Podman reads every image for every listing, so that others beside the planted ones cost minutes.
    """
    engine = find(name)
    own_registry = f"127.0.0.1:{free_port()}"
    plant = ("--plant", "--registry-address", own_registry)
    with serve(images.remote(), "127.0.0.1:0") as registry, scratch() as own:
        if all(run.plant for run in runs):
            running = start(engine, own, registries=[own_registry])
        else:
            running = daemons.filled(engine, own, registry, own_registry)
        with running as daemon:
            if engine.store is Store.CONTAINERD and not all(run.plant for run in runs):
                for archive in images.several_platforms():
                    daemon.load(archive)
            check(daemon.url, folder, runs, plant, effort)


def on_musterd(folder: Path, runs: Runs) -> None:
    """Check musterd with its sample."""
    sample = json.loads(resources.files("musterd").joinpath("sample.json").read_bytes())
    with scratch() as own, reference_server.serving(sample, own) as address:
        check(address, folder, runs, ("--plant",))


def on_recording(position: int, folder: Path, runs: Runs) -> None:
    """Check the recording at *position*."""
    for run in runs:
        with served(Replayed(recordings()[position], run.version)) as server:
            check(str(server.target), folder, [run], ())


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder that goes, with a path short enough for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="muster-") as folder:
        yield Path(folder)


def _engine(
    name: str, runs: Sequence[Wanted], some: Sequence[Wanted], effort: Effort = Effort()
) -> Server:
    return Server(find(name).title, partial(on_engine, name, effort), runs, some, f"{name}.toml")


def both(versions: Sequence[str]) -> list[Wanted]:
    """Return runs at *versions* with every seed, read-only and planted."""
    return [*each_seed(versions, plant=False), *each_seed(versions, plant=True)]


def newest(versions: Sequence[str], planted: Sequence[str]) -> list[Wanted]:
    """Return runs at the last of *versions* with every seed; one at each other and at *planted*."""
    *others, last = versions
    return [*both([last]), *once(others, plant=False), *once(planted, plant=True)]


def a_few(read_only: Sequence[str], planted: Sequence[str]) -> list[Wanted]:
    """Return one run at each version."""
    return [*once(read_only, plant=False), *once(planted, plant=True)]


_ALL_20 = minor(23, 41)
_20 = documented("1.23", "1.41")
_26 = [*documented("1.24", "1.44"), "1.45"]
_28 = documented("1.24", "1.51")
# What changed in between is not about List Images.
_29 = ["1.42", "1.43", "1.44", "1.47", "1.48", "1.51", "1.54"]

SERVERS = (
    _engine(
        "docker-20.10",
        [
            *each_seed(_20, plant=False),
            *once([version for version in _ALL_20 if version not in _20], plant=False),
            *each_seed(["1.41"], plant=True),
            *once(_ALL_20[:-1], plant=True),
        ],
        a_few(_ALL_20, _20),
    ),
    _engine("docker-26.1", newest(_26, _26[:-1]), a_few(_26, ["1.45"])),
    _engine("docker-26.1-containerd", newest(_26, ["1.24"]), a_few(["1.45"], ["1.45"]), LITTLE),
    _engine("docker-28.5", newest(_28, _28[:-1]), a_few(_28, ["1.51"])),
    _engine(
        "docker-28.5-containerd", newest(_28, ["1.24"]), a_few(["1.24", "1.51"], ["1.51"]), LITTLE
    ),
    _engine(
        "podman-3.0",
        [*each_seed(["1.41"], plant=False), *a_few(["1.23"], ["1.24", "1.41"])],
        a_few(["1.41"], []),
        LITTLE,
    ),
    _engine("podman-4.3", newest(_20, ["1.23"]), a_few(["1.41"], ["1.23"])),
    _engine("podman-5.4", newest(_20, ["1.24"]), a_few(["1.41"], ["1.24"])),
    _engine("podman-5.8", newest(_20, ["1.24"]), a_few(["1.41"], ["1.41"])),
    _engine("podman-6.1", newest(_20, ["1.24"]), a_few(["1.24"], ["1.41"])),
    Server(
        "musterd",
        on_musterd,
        a_few(muster_openapi.VERSIONS, muster_openapi.VERSIONS),
        baseline=str(Path(__file__).with_name("data") / "musterd.toml"),
    ),
    Server(
        "Docker 1.11.2",
        partial(on_recording, 0),
        each_seed(["1.23"], plant=False),
        baseline="docker-1.11.toml",
        how=REPLAYED,
    ),
    Server("Docker 29", partial(on_recording, 2), once(_29, plant=False), how=REPLAYED),
    Server(
        "Docker 29, containerd store",
        partial(on_recording, 3),
        once(_29, plant=False),
        baseline="docker-29-containerd.toml",
        how=REPLAYED,
    ),
)
