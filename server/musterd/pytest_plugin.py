"""A running server for the tests of clients: the pytest fixture `musterd`.

pytest loads this module wherever musterd is installed, so it loads nothing itself::

    def test_my_client_lists_images(musterd):
        client = MyClient(musterd.url)
        assert "busybox:latest" in client.image_names()

Every test finds the same small catalogue of oddities, whatever the test before it did. For others
see `musterd.testing.Server`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from musterd.testing import Server


@pytest.fixture(scope="session")
def musterd_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """Return a musterd that runs until the session ends.

    Tests want the fixture `musterd` instead.
    """
    from musterd import testing  # noqa: PLC0415

    with testing.serving(tmp_path_factory.mktemp("musterd")) as server:
        yield server


@pytest.fixture
def musterd(musterd_server: "Server") -> "Server":
    """Provide a running musterd with its sample catalogue: `url`, `import_listing`, `clear`."""
    musterd_server.reset()
    return musterd_server
