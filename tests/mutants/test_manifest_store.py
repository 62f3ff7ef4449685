"""The suite does not accuse a store that keeps images by manifest."""

from __future__ import annotations

from typing import Any

import pytest

from muster.planting import platform_images
from muster.register.requirements import Need
from muster.register.verdict import Verdict

from .manifest_store import ManifestStore
from .matrix import OF_MANIFESTS, checked_planted, holding, read_only

MET = Verdict.PASS
ACCUSED = {Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED}
pytestmark = pytest.mark.usefixtures("uncovered")


@pytest.mark.parametrize("version", ["1.25", "1.45", "1.47", "1.48", "1.51"])
@pytest.mark.parametrize("seed", range(3))
def test_a_manifest_store_is_not_accused(version: str, seed: int) -> None:
    results = read_only(ManifestStore(version), version, seed)

    assert {name: r.message for name, r in results.items() if r.verdict in ACCUSED} == {}


@pytest.mark.parametrize("version", ["1.47", "1.48", "1.49", "1.51", "1.56"])
def test_a_manifest_store_provides_evidence_for_every_manifest_rule(version: str) -> None:
    results = read_only(ManifestStore(version), version, 0)

    expected = OF_MANIFESTS & {each.id for each in holding(version)}
    assert {n for n in expected if results[n].verdict is not Verdict.PASS} == set()


@pytest.mark.parametrize("version", ["1.25", "1.51"])
def test_planted_images_are_found_by_the_ids_of_a_manifest_store(version: str) -> None:
    server = ManifestStore(version)
    results = checked_planted(server, version, 0, (Need.PLANTED, Need.CHANGES))

    assert {name: r.message for name, r in results.items() if r.verdict in ACCUSED} == {}
    assert results["PLANT-TAG-FILTERED"].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("version", "seed"), [("1.24", 0), ("1.45", 1), ("1.47", 2), ("1.51", 3), ("1.55", 4)]
)
def test_planted_multi_platform_images_are_shown_correctly(version: str, seed: int) -> None:
    server = ManifestStore(version)
    before = [dict(image) for image in server.images]
    results = checked_planted(server, version, seed, (Need.PLATFORMS,))

    of_platforms = {each.id for each in holding(version, {Need.PLATFORMS})}
    assert {n: results[n].message for n in of_platforms if results[n].verdict is not MET} == {}
    assert server.images == before, "planted images are removed again"


@pytest.mark.parametrize("version", ["1.45", "1.51"])
def test_general_rules_hold_with_planted_multi_platform_images(version: str) -> None:
    server = ManifestStore(version)
    for archive in platform_images.build("run"):
        server.loaded(archive.data)
    results = read_only(server, version, 0)

    assert {name: r.message for name, r in results.items() if r.verdict in ACCUSED} == {}


def test_negated_labels_are_inconclusive_without_all_labels() -> None:
    found = read_only(ManifestStore("1.45"), "1.45", 0)["LIST-LABEL-NOT"]

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "further platforms" in found.message


def test_a_missing_container_count_fails_if_a_platform_is_available() -> None:
    class CountsNothing(ManifestStore):
        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            return super().shown(each, parameters) | {"Containers": -1}

    found = read_only(CountsNothing("1.51"), "1.51", 0)["LIST-CONTAINERS"]
    assert found.verdict is Verdict.FAIL
    assert "several/artifact" not in found.message


def test_a_label_of_no_platform_fails_if_manifests_are_countable() -> None:
    class IgnoresLabels(ManifestStore):
        def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
            return True

    found = read_only(IgnoresLabels("1.51"), "1.51", 0)
    assert found["LIST-LABEL-KEY"].verdict is Verdict.FAIL
    assert found["LIST-LABEL-VALUE"].message.endswith("(may follow from LIST-LABEL-KEY)")
