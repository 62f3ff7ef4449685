"""The vectors find faulty servers, and accuse no correct one."""

from __future__ import annotations

import pytest

import muster_openapi
from muster.model.version import ApiVersion
from muster.register.requirements import Level
from muster.vectors.catalogues import PLATFORMS
from muster.vectors.judge import judge
from tests.mutants.innocents import Answering, Shown
from tests.mutants.manifest_store import ManifestStore
from tests.mutants.matrix import MUTANTS, REGISTER
from tests.mutants.mutant import Mutant
from tests.mutants.stand_in import StandIn
from tests.mutants.test_innocents import INNOCENT, VERSIONS

from .in_process import (
    WithManifests,
    asking,
    departures,
    load_platforms,
    vectors,
)

pytestmark = pytest.mark.usefixtures("uncovered")

OTHER_REQUESTS = {
    "LIST-REFERENCES-RESOLVE", "LIST-INSPECT-SAME", "LIST-INSPECT-PLATFORM", "LIST-INFO-COUNT",
    "LIST-REPEATABLE",
}  # fmt: skip
"""Rules on other endpoints, and on the same request at different times."""

MEANING = [
    mutant
    for mutant in MUTANTS
    if mutant.kills.startswith("LIST-")
    and mutant.kills not in OTHER_REQUESTS
    and REGISTER[mutant.kills].level is not Level.OBSERVE
    and not issubclass(mutant, ManifestStore)
]
"""Faults of meaning: what a list function answers to a query.

Servers that keep manifests are left out: they show their own store, and not the catalogue.
"""

OTHERWISE_CORRECT = [each for each in INNOCENT if issubclass(each, Shown | Answering)]


def is_found(mutant: type[Mutant]) -> bool:
    return next(departures(mutant, mutant.version), None) is not None


def test_the_vectors_find_nine_of_ten_semantic_faults() -> None:
    missed = [mutant.__name__ for mutant in MEANING if not is_found(mutant)]

    assert len(MEANING) > 200
    assert len(missed) <= len(MEANING) / 10, missed


def test_most_faults_are_found_under_their_requirement() -> None:
    found = [mutant.kills in {v.requirement for v, _ in departures(mutant, mutant.version)}
             for mutant in MEANING[::8]]  # fmt: skip

    assert sum(found) >= len(found) * 0.8


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_a_correct_server_departs_from_no_vector(version: str) -> None:
    assert [*departures(StandIn, version)] == []


@pytest.mark.parametrize(
    ("server", "version"),
    [(each, v) for each in OTHERWISE_CORRECT for v in getattr(each, "versions", VERSIONS)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_alternative_correct_servers_depart_from_no_vector(
    server: type[StandIn], version: str
) -> None:
    accused = [(v.id, problem) for v, problem in departures(server, version) if v.level == "MUST"]

    assert accused == []


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_a_manifest_store_departs_from_no_platform_vector(version: str) -> None:
    server = WithManifests(version)
    load_platforms(server)
    chosen = [
        vector
        for vector in vectors()
        if vector.catalogue == "platforms" and vector.holds_at(ApiVersion.parse(version))
    ]

    assert chosen
    assert [judge(vector, PLATFORMS, asking(server)) for vector in chosen] == [""] * len(chosen)


def test_a_hidden_manifest_is_found() -> None:
    server = WithManifests("1.48")
    load_platforms(server)
    server.images[0]["manifests"].pop()
    [vector] = [each for each in vectors() if each.id == "platforms/manifests"]

    assert "Manifests of two is" in judge(vector, PLATFORMS, asking(server))


def test_many_alternative_correct_servers_are_tested() -> None:
    assert len(OTHERWISE_CORRECT) >= 15
