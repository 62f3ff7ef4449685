from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def uncovered() -> Iterator[None]:
    """Run without coverage, which takes two thirds of the time of what is repeated thousandfold.

    The marker of pytest-cov does so in one process only: in those of pytest-xdist it collects
    twice, and stops one of the two.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)
