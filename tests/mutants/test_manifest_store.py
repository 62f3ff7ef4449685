"""The suite accuses no server for keeping images by their manifests."""

from __future__ import annotations

from typing import Any

import pytest

from muster.register.requirements import Need
from muster.register.verdict import Verdict

from .manifest_store import ManifestStore
from .matrix import checked_planted, read_only

ACCUSED = {Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED}
pytestmark = pytest.mark.usefixtures("uncovered")


@pytest.mark.parametrize("version", ["1.25", "1.45", "1.47", "1.48", "1.51"])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_it_lists_is_a_fault(version: str, seed: int) -> None:
    results = read_only(ManifestStore(version), version, seed)

    assert {name: r.message for name, r in results.items() if r.verdict in ACCUSED} == {}


@pytest.mark.parametrize("version", ["1.25", "1.51"])
def test_planted_images_are_found_by_the_id_that_it_gives_them(version: str) -> None:
    server = ManifestStore(version)
    results = checked_planted(server, version, 0, (Need.PLANTED, Need.CHANGES))

    assert {name: r.message for name, r in results.items() if r.verdict in ACCUSED} == {}
    assert results["PLANT-TAG-FILTERED"].verdict is Verdict.PASS


def test_negated_labels_are_not_judged_where_no_listing_shows_all_labels() -> None:
    found = read_only(ManifestStore("1.45"), "1.45", 0)["LIST-LABEL-NOT"]

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "further platforms" in found.message


def test_a_container_count_that_is_missing_is_a_fault_where_there_is_an_image() -> None:
    class CountsNothing(ManifestStore):
        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            return super().shown(each, parameters) | {"Containers": -1}

    found = read_only(CountsNothing("1.51"), "1.51", 0)["LIST-CONTAINERS"]
    assert found.verdict is Verdict.FAIL
    assert "several/artifact" not in found.message


def test_a_label_that_no_platform_has_is_a_fault_where_manifests_can_be_counted() -> None:
    class IgnoresLabels(ManifestStore):
        def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
            return True

    assert read_only(IgnoresLabels("1.51"), "1.51", 0)["LIST-LABEL-VALUE"].verdict is Verdict.FAIL
