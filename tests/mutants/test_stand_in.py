"""The suite accuses no correct server, at any version, for any seed."""

from __future__ import annotations

from functools import cache

import pytest

import muster_openapi
from muster.fuzzing import ids
from muster.register.requirements import Need
from muster.register.verdict import Verdict

from .access import Guard
from .matrix import (
    OF_MANIFESTS,
    PLANTING,
    checked_planted,
    checked_signed,
    fuzzed,
    holding,
    read_only,
)
from .stand_in import StandIn

SEEDS = range(20)
VERSIONS = [*muster_openapi.VERSIONS, muster_openapi.NEWEST]
ENDS = (VERSIONS[0], VERSIONS[-1])
FUZZED = {*ids.REQUIREMENTS}
MET = {Verdict.PASS, Verdict.OBSERVE}
pytestmark = pytest.mark.usefixtures("uncovered")
WITHOUT_MANY = [need for need in PLANTING if need is not Need.MANY]


class Remembers(StandIn):
    """Caches each response, since its images never change."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.answer = cache(super().answer)  # type: ignore[method-assign]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_correct_server_meets_every_requirement_for_twenty_seeds(version: str) -> None:
    server = Remembers(version)
    for seed in SEEDS:
        results = read_only(server, version, seed)
        # Inconclusive rules would need evidence that the stand-in must provide.
        unmet = {name for name, result in results.items() if result.verdict not in MET}
        assert unmet == OF_MANIFESTS & results.keys()
        assert all(results[name].verdict is Verdict.INCONCLUSIVE for name in unmet)
        assert results.keys() == {each.id for each in holding(version)} - FUZZED


@pytest.mark.parametrize(("version", "seed"), [*zip(VERSIONS * 2, SEEDS, strict=False)])
def test_fuzzing_accuses_no_correct_server(version: str, seed: int) -> None:
    results = fuzzed(StandIn(version), version, seed)
    assert {name: r.message for name, r in results.items() if r.verdict not in MET} == {}
    assert results.keys() == FUZZED


@pytest.mark.parametrize("version", VERSIONS)
def test_a_correct_server_passes_with_planted_images(version: str) -> None:
    # No check of planted images chooses at random: the seed gives them other names and Ids.
    for seed in SEEDS if version in ENDS else SEEDS[:2]:
        server = StandIn(version)
        before = [dict(image) for image in server.images]
        results = checked_planted(server, version, seed, WITHOUT_MANY)
        assert {name: r.message for name, r in results.items() if r.verdict not in MET} == {}
        assert results.keys() == {each.id for each in holding(version, WITHOUT_MANY)}
        assert server.images == before, "planted images are removed again"


@pytest.mark.parametrize("version", ENDS)
def test_a_correct_server_passes_with_hundreds_of_images(version: str) -> None:
    results = checked_planted(StandIn(version), version, 0)
    assert {name: r.message for name, r in results.items() if r.verdict not in MET} == {}
    assert results.keys() == {each.id for each in holding(version, PLANTING)}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_correct_server_refuses_unsigned_requests(version: str) -> None:
    results = checked_signed(Guard(version), version, 0)
    assert {name: r.message for name, r in results.items() if r.verdict is not Verdict.PASS} == {}
    assert results.keys() == {each.id for each in holding(version, {Need.SIGNED})}
