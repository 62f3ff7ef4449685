"""Tests of the checks on `digests` that `tests/mutants` does not cover."""

from __future__ import annotations

from typing import Any

from tests.conformance.support.checking import checked
from tests.mutants.stand_in import StandIn


class HidesDigestsForTrue(StandIn):
    """Shows no `RepoDigests` if `digests` is spelled `True`."""

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoDigests": None} if parameters.get("digests") == "True" else shown


def test_every_true_value_of_digests_shows_the_same_digests() -> None:
    result = checked(HidesDigestsForTrue(), "LIST-DIGESTS-SHOWN")
    assert "digests=True shows other RepoDigests than /images/json?digests=1" in result.message
