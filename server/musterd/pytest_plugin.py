"""The pytest fixture `musterd`: a running server for client tests.

pytest loads this module wherever musterd is installed, so it imports nothing heavy::

    def test_my_client_lists_images(musterd):
        client = MyClient(musterd.url)
        assert "busybox:latest" in client.image_names()

Every test starts with the same small catalogue of unusual images, whatever earlier tests did. For
other catalogues see `musterd.testing.Server`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from musterd import extras

if TYPE_CHECKING:
    from musterd.testing import Server


@pytest.fixture(scope="session")
def musterd_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """Run a musterd until the session ends.

    Tests should use the fixture `musterd` instead.
    """
    try:
        from musterd import testing  # noqa: PLC0415
    except ModuleNotFoundError as error:
        pytest.fail(f"musterd: {extras.advice(error, 'server')}", pytrace=False)
    with testing.serving(tmp_path_factory.mktemp("musterd")) as server:
        yield server


@pytest.fixture
def musterd(musterd_server: "Server") -> "Server":
    """Provide a running musterd with its sample catalogue: `url`, `import_listing`, `clear`."""
    musterd_server.reset()
    return musterd_server
