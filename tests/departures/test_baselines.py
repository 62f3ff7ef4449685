"""The suite finds of each imitation exactly what the baseline of its engine names."""

import socket
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from muster.cli.main import commands
from muster.record import baseline, load
from muster.record.baseline import DEPARTED, Baseline
from muster.record.record import Record
from muster.register.requirements import requirements
from musterd.testing import Server
from tests.interop.support import images

SHIPPED = Path(str(resources.files("muster"))) / "baselines"
# The oldest and the newest API version at which each is checked, and its baseline.
ENGINES = {
    "docker-1.11": ("1.23", "1.23", "docker-1.11.toml"),
    "docker-20.10": ("1.23", "1.41", "docker-20.10.toml"),
    "docker-28": ("1.24", "1.51", "docker-28.5.toml"),
    "docker-28-containerd": ("1.24", "1.51", "docker-28.5-containerd.toml"),
    # With graph drivers, Docker 29 does nothing otherwise.
    "docker-29": ("1.40", "1.56", None),
    "docker-29-containerd": ("1.40", "1.56", "docker-29-containerd.toml"),
    # Podman serves any version.
    "podman-4.3": ("1.23", "1.41", "podman-4.3.toml"),
    "podman-5.8": ("1.23", "1.44", "podman-5.8.toml"),
}


def known(engine: str) -> Baseline:
    file = ENGINES[engine][2]
    return baseline.read(SHIPPED / file, requirements().keys()) if file else Baseline("")


def archives(engine: str) -> tuple[str, ...]:
    """Return what the sweep loads into the engine: the containerd store takes some more."""
    several = ("multi.tar.gz", "absent.tar.gz") if engine.endswith("containerd") else ()
    return ("fixtures.tar.gz", *several)


def checked(engine: str, version: str, folder: Path, *options: str) -> Record:
    """Check an imitation with the images that the sweep gives the engine."""
    record = folder / "run.json"
    # The registry of the suite's own images listens at a free port.
    with socket.create_server(("127.0.0.1", 0)) as free:
        registry = f"127.0.0.1:{free.getsockname()[1]}"
    if "--plant" in options:
        options = (*options, "--registry-address", registry)
    with Server([], engine=engine, registries=[registry]) as server:
        for name in archives(engine):
            server.import_file(images.DATA / name)
        arguments = ["check", f"unix://{server.socket}", "--api-version", version, *options]
        arguments += ["--max-examples", "10", "--json", str(record), "--timeout", "120"]
        commands.main(arguments, standalone_mode=False)
    return load.read(record)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_an_imitation_departs_exactly_where_the_baseline_of_its_engine_says(
    engine: str, tmp_path: Path
) -> None:
    oldest, newest, _ = ENGINES[engine]
    departed: set[str] = set()
    for version, *options in ((oldest,), (newest,), (newest, "--plant")):
        found = checked(engine, version, tmp_path, *options)
        held = baseline.apply(known(engine), found, datetime.now(UTC).date())
        departed |= {each.requirement for each in held.of(*DEPARTED)}

        assert [each for each in held.of(*DEPARTED) if each.known is None] == []
        assert held.baseline is not None
        assert held.baseline.problems == ()
    # What the images at hand cannot show is no problem of a baseline; none may stay unseen.
    assert {each.id for each in known(engine).entries if not each.sometimes} <= departed
