"""Tests of the checks on the version in the path that `tests/mutants` does not cover."""

from __future__ import annotations

from typing import Any

import pytest

from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.stand_in import StandIn


class DeniesTheVersion(StandIn):
    """Advertises a range that excludes the checked version."""

    def __init__(self, **versions: str) -> None:
        super().__init__()
        self.versions = versions

    def about(self) -> dict[str, Any]:
        return super().about() | self.versions


@pytest.mark.parametrize(
    ("server", "name"),
    [
        (DeniesTheVersion(ApiVersion="1.22"), "HTTP-UNVERSIONED"),
        (DeniesTheVersion(ApiVersion="1.22"), "HTTP-VERSION-TOO-NEW"),
        (DeniesTheVersion(MinAPIVersion="1.30"), "HTTP-VERSION-TOO-OLD"),
    ],
)
def test_an_advertised_range_without_the_checked_version_is_ignored(
    server: StandIn, name: str
) -> None:
    assert checked(server, name).verdict is Verdict.PASS
