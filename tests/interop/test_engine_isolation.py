"""A running engine changes neither the machine nor its fetched files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.engines import fetched, find, start
from tools.engines.errors import StartError
from tools.engines.processes import Process

from .conftest import required_engine
from .support import images

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
NAMES = ("docker-28.5-containerd", "podman-5.8")


@pytest.fixture(params=NAMES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return required_engine(request.param).name


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.is_symlink()}


def mounts() -> set[str]:
    return set(Path("/proc/self/mounts").read_text().splitlines())


def test_running_an_engine_changes_neither_its_files_nor_mounts(
    engine_name: str, new_folder: Callable[[], Path]
) -> None:
    engine = find(engine_name)
    root = fetched(engine)
    before, mounted = files(root), mounts()
    with start(engine, new_folder()) as daemon:
        daemon.load(images.archive())
        assert mounts() == mounted

    assert files(root) == before
    assert mounts() == mounted


def test_two_engines_can_run_from_the_same_files(
    engine_name: str, new_folder: Callable[[], Path]
) -> None:
    engine = find(engine_name)
    with start(engine, new_folder()) as one, start(engine, new_folder()) as other:
        one.load(images.archive())

        assert one.images(all="1")
        assert other.images(all="1") == []


def test_a_port_that_is_in_use_is_refused(engine_name: str, new_folder: Callable[[], Path]) -> None:
    engine = find(engine_name)
    with start(engine, new_folder()) as daemon:
        port = int(daemon.url.rpartition(":")[2])
        with (
            pytest.raises(StartError, match="Address already in use"),
            start(engine, new_folder(), port=port),
        ):
            pytest.fail("two servers cannot have one port")


def test_the_command_runs_an_engine_until_it_is_stopped(
    engine_name: str, new_folder: Callable[[], Path]
) -> None:
    log = new_folder() / "log"
    command = [sys.executable, "-u", "-m", "tools.engines", "start", engine_name]
    process = Process(command, log, {"PYTHONPATH": str(ROOT)})
    try:
        process.wait_until(lambda: "tcp://127.0.0.1:" in process.output)
    finally:
        status = process.stop()

    assert (status, process.output.splitlines()[-1]) == (0, "ended")
    scratch = process.output.partition("unix://")[2].partition("/run/")[0]
    assert not Path(scratch).exists()
    assert scratch not in subprocess.check_output(["ps", "axww"], text=True)
