"""The pytest fixture `musterd`: a running server for client tests.

pytest loads this module wherever musterd is installed, so it imports nothing heavy::

    def test_my_client_lists_images(musterd):
        client = MyClient(musterd.url)
        assert "busybox:latest" in client.image_names()

Every test starts with the same small catalogue of unusual images, without recorded requests and
without faults, whatever earlier tests did. A mark gives a test other images::

    @pytest.mark.musterd(images="seed.yaml")  # or a listing; [] for none
    def test_my_client(musterd): ...

It imitates another engine for a test with `engine=`, or for each of several::

    @pytest.mark.musterd(engine="docker-20.10")
    def test_my_client(musterd): ...

    @pytest.mark.parametrize("musterd", ["docker-20.10", "docker-29"], indirect=True)
    def test_my_client_with_both(musterd): ...

For fixtures of other scopes, see `musterd.testing.Server`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from musterd import extras

if TYPE_CHECKING:
    from musterd.testing import Server


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        "musterd(images=..., grease=..., engine=...): what the fixture `musterd` has for this "
        "test: the arguments of musterd.testing.Server",
    )


@pytest.fixture(scope="session")
def musterd_servers() -> "Iterator[Callable[..., Server]]":
    """Provide a function that returns the musterd of an engine, which runs until the session ends.

    Tests should use the fixture `musterd` instead.
    """
    try:
        from musterd.testing import Server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        pytest.fail(f"musterd: {extras.advice(error, 'server')}", pytrace=False)
    servers: dict[str, Server] = {}
    with ExitStack() as running:

        def server(engine: str = "any") -> Server:
            if engine not in servers:
                servers[engine] = running.enter_context(Server(engine=engine))
            return servers[engine]

        yield server


@pytest.fixture(scope="session")
def musterd_server(musterd_servers: "Callable[..., Server]") -> "Server":
    """Provide a musterd that answers every API version as the daemon of its time."""
    return musterd_servers()


@pytest.fixture
def musterd(musterd_servers: "Callable[..., Server]", request: pytest.FixtureRequest) -> "Server":
    """Provide a running musterd with its sample catalogue: `url`, `add`, `requests`, `respond`."""
    mark = request.node.get_closest_marker("musterd")
    arguments = {} if mark is None else dict(mark.kwargs)
    engine = arguments.pop("engine", "any")
    server = musterd_servers(getattr(request, "param", engine))
    server.start_over(*(() if mark is None else mark.args), **arguments)
    return server
