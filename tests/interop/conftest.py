from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from muster.planting.registry import serve
from tests.support.missing import missing
from tools.engines import ENGINES, Engine, EngineError, check, find

from .support import client_programs, daemons, images, reference_server
from .support.client_programs import CannotInstall, ClientProgram, ClientPrograms
from .support.docker_cli import DockerCli
from .support.library_tests import TESTCONTAINERS
from .support.programs import Program, installed_release, newest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.engines import Daemon

# The release of Docker's command line that the tests know: that of Debian 12.
DOCKER = "20.10"


def required(name: str, release: str) -> Program:
    program = installed_release(name, release)
    return program or missing(f"{name} {release} is not installed")


def required_engine(name: str) -> Engine:
    engine = find(name)
    try:
        check(engine)
    except EngineError as error:
        missing(str(error))
    return engine


def pytest_report_collectionfinish(items: list[pytest.Item]) -> list[str]:
    """Name the real programs: a header would be lost in runs that start above this folder."""
    if not any(Path(__file__).parent in item.path.parents for item in items):
        return []
    wanted = {
        "docker": installed_release("docker", DOCKER),
        "newest docker": newest("docker"),
        "node": newest("node"),
        **client_programs.versions(),
        **{engine.name: _startable(engine) for engine in ENGINES},
    }
    return ["interop: " + ", ".join(f"{name} {each or 'missing'}" for name, each in wanted.items())]


def _startable(engine: Engine) -> str:
    try:
        check(engine)
    except EngineError:
        return ""
    return engine.release.version


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `docker_cli` with Debian's, and with the newest where that is another."""
    if "docker_cli" in metafunc.fixturenames:
        latest = newest("docker")
        newer = latest is not None and not latest.is_release(DOCKER)
        names = [DOCKER, "newest"] if newer else [DOCKER]
        metafunc.parametrize("docker_cli", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def new_folder() -> Iterator[Callable[[], Path]]:
    """Make folders that are gone after the session, with paths short enough for Unix sockets."""
    with ExitStack() as folders:

        def new() -> Path:
            return Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="muster-")))

        yield new


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """Serve the images to pull; return the registry's host:port."""
    with serve(images.remote(), "127.0.0.1:0") as host:
        yield host


@pytest.fixture(scope="session")
def dockerd(registry: str, new_folder: Callable[[], Path]) -> Iterator[Daemon]:
    with daemons.filled(required_engine("docker-20.10"), new_folder(), registry) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def podman(registry: str, new_folder: Callable[[], Path]) -> Iterator[Daemon]:
    with daemons.filled(required_engine("podman-4.3"), new_folder(), registry) as daemon:
        yield daemon


@pytest.fixture(scope="session", params=[engine.name for engine in ENGINES])
def any_engine(
    request: pytest.FixtureRequest, registry: str, new_folder: Callable[[], Path]
) -> Iterator[Daemon]:
    """Each engine, with the images, one after the other."""
    with daemons.filled(required_engine(request.param), new_folder(), registry) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def musterd(new_folder: Callable[[], Path]) -> Iterator[Callable[[list[dict[str, Any]]], str]]:
    """Serve a listing until the session ends; returns the address, `tcp://127.0.0.1:PORT`."""
    with ExitStack() as servers:

        def start(listing: list[dict[str, Any]]) -> str:
            return servers.enter_context(reference_server.serving(listing, new_folder()))

        yield start


@pytest.fixture(scope="session")
def docker_cli(request: pytest.FixtureRequest, new_folder: Callable[[], Path]) -> DockerCli:
    latest = newest("docker")
    program = required("docker", DOCKER) if request.param == DOCKER else latest
    assert program
    return DockerCli(program, settings=new_folder())


@pytest.fixture(scope="session")
def client_program(new_folder: Callable[[], Path]) -> Callable[[str], ClientProgram]:
    """Give the program of a library; what it needs is installed when a test first asks for it."""
    programs = ClientPrograms(new_folder)
    makers = {
        "docker-py": lambda: programs.python("docker_py_list.py", "newest.txt"),
        "aiodocker": lambda: programs.python("aiodocker_list.py", "newest.txt"),
        "testcontainers": lambda: programs.python(*TESTCONTAINERS),
        "hyper-sh": lambda: programs.python("hyper_sh_list.py", "hyper-sh.txt"),
        "dockerode": lambda: programs.node("dockerode_list.js"),
        "hyper-aws4": lambda: programs.node("hyper_aws4_list.js"),
        "dockerode (images)": lambda: programs.node("dockerode_images.js"),
        "bollard (images)": programs.rust,
    }

    def program(name: str) -> ClientProgram:
        try:
            return makers[name]()
        except CannotInstall as error:
            missing(f"{name}: {error}")

    return program
