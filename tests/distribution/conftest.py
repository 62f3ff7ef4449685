from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import pytest


@pytest.fixture
def missing() -> Callable[[str], NoReturn]:
    """Skip the test, unless MUSTER_REQUIRE_PEERS says that nothing may be missing here."""

    def skip(what: str) -> NoReturn:
        if os.environ.get("MUSTER_REQUIRE_PEERS"):
            pytest.fail(f"{what}, and MUSTER_REQUIRE_PEERS is set", pytrace=False)
        pytest.skip(what)

    return skip
