from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.support.servers import Served, served
from tests.mutants.stand_in import StandIn


@pytest.fixture(scope="session")
def tcp() -> Iterator[Served]:
    """Serve a correct server on a port."""
    with served(StandIn()) as server:
        yield server


@pytest.fixture(scope="session")
def unix() -> Iterator[Served]:
    """Serve a correct server on a Unix socket."""
    # Not tmp_path: its names may be longer than the path of a socket may be.
    with tempfile.TemporaryDirectory() as folder, served(StandIn(), Path(folder, "s")) as server:
        yield server


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Return a free path, short enough for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "s")
