"""The pytest fixture `musterd`: a running server for client tests.

pytest loads this module wherever musterd is installed, so it imports nothing heavy::

    def test_my_client_lists_images(musterd):
        client = MyClient(musterd.url)
        assert "busybox:latest" in client.image_names()

Every test starts with the same small catalogue of unusual images, without recorded requests and
without faults, whatever earlier tests did. A mark gives a test other images::

    @pytest.mark.musterd(images="seed.yaml")  # or a listing; [] for none
    def test_my_client(musterd): ...

It imitates another engine for a test with `engine=`, or for each of several, and breaks single
requirements with `departures=`::

    @pytest.mark.musterd(engine="docker-20.10", departures=["LIST-ORDER"])
    def test_my_client(musterd): ...

    @pytest.mark.parametrize("musterd", ["docker-20.10", "docker-29"], indirect=True)
    def test_my_client_with_both(musterd): ...

A parameter may also be a map of these arguments.

For fixtures of other scopes, see `musterd.testing.Server`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from musterd import extras
from musterd.errors import MusterdError

if TYPE_CHECKING:
    from musterd.testing import Server


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        "musterd(images=..., grease=..., engine=..., departures=...): what the fixture `musterd` "
        "has for this test: the arguments of musterd.testing.Server",
    )


@pytest.fixture(scope="session")
def musterd_server() -> "Iterator[Server]":
    """Provide the musterd of the fixture `musterd`, which runs until the session ends.

    Tests should use `musterd` instead, which starts anew for each of them.
    """
    try:
        from musterd.testing import Server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        pytest.fail(f"musterd: {extras.advice(error, 'server')}", pytrace=False)
    with Server() as server:
        yield server


@pytest.fixture
def musterd(musterd_server: "Server", request: pytest.FixtureRequest) -> "Server":
    """Provide a running musterd with its sample catalogue: `url`, `add`, `requests`, `respond`."""
    mark = request.node.get_closest_marker("musterd")
    arguments = {} if mark is None else dict(mark.kwargs)
    if hasattr(request, "param"):
        given = request.param
        arguments |= {"engine": given} if isinstance(given, str) else given
    try:
        musterd_server.start_over(*(() if mark is None else mark.args), **arguments)
    except MusterdError as error:
        pytest.fail(f"musterd: {error}", pytrace=False)
    return musterd_server
