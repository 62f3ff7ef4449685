"""Faults that a store of manifests can show are found there as well."""

from __future__ import annotations

import pytest

from muster.checks.check import CHECKS
from muster.fuzzing import ids
from muster.model.version import ApiVersion
from muster.register.requirements import Need
from muster.register.verdict import Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch

from .manifest_store import ManifestStore
from .matrix import MUTANTS, REGISTER, counted, drawn_from
from .mutant import Mutant
from .stand_in import StandIn

pytestmark = pytest.mark.usefixtures("uncovered")

WITH_MANIFESTS = "1.51"
"""A version at which the listing says which labels an image has on each of its platforms."""

SILENT = {
    "DigestOnlyIsDangling": "no image of such a store has a digest and no tag",
    "FirstImageAnswersForAll": "such a store looks for the image itself",
    "FilterForgetsDigests": "a digest is no name of its own there",
    "InspectHasEveryPlatform": "such a store reads the parameter itself",
    "InspectKnowsNoPlatform": "such a store reads the parameter itself",
    "InspectShowsAnotherSize": "inspecting shows the size of one variant",
    "PlaceholderBesideTags": "every image with a tag has a digest there",
    "TagBringsDigests": "such a store does so, and rightly",
    "DropsByChance": "it takes the requests of a whole run",
    "FailsByChance": "it takes the requests of a whole run",
}
"""Faults that cannot show on such a store, and why."""


def can_show(mutant: type[Mutant]) -> bool:
    requirement = REGISTER[mutant.kills]
    return not (
        issubclass(mutant, ManifestStore)
        or requirement.planted
        or requirement.need is Need.SIGNED
        or mutant.kills in ids.REQUIREMENTS
        or mutant.__name__ in SILENT
    )


SHOWN = [mutant for mutant in MUTANTS if can_show(mutant)]


def of(server: StandIn, version: str, name: str) -> Result | None:
    """Return the result of the requirement *name*."""
    requirement = REGISTER[name]
    context = RunContext(Watch(server), ApiVersion.parse(version), max_examples=48)
    found = {each.requirement.id: each for each in runner.run([requirement], context)}
    return (found | counted(context.watch)).get(name)


def is_found(mutant: type[Mutant], version: str) -> bool:
    made: type[StandIn] = type(mutant.__name__, (mutant, ManifestStore), {})
    result = of(made(version), version, mutant.kills) if mutant.kills in CHECKS else None
    if result is not None and result.verdict is Verdict.OBSERVE:
        usual = of(ManifestStore(version), version, mutant.kills)
        return usual is not None and usual.message != result.message
    if result is not None and result.verdict in {Verdict.FAIL, Verdict.WARN}:
        return True
    drawn = drawn_from(made(version), version, 0, ())
    return mutant.kills in drawn and drawn[mutant.kills].verdict in {Verdict.FAIL, Verdict.WARN}


@pytest.mark.parametrize("mutant", SHOWN, ids=lambda mutant: mutant.__name__)
def test_it_is_found_on_a_store_of_manifests(mutant: type[Mutant]) -> None:
    later = REGISTER[mutant.kills].holds_at(ApiVersion.parse(WITH_MANIFESTS))
    versions = [mutant.version, *([WITH_MANIFESTS] if later else [])]
    assert any(is_found(mutant, version) for version in versions)


def test_only_a_few_cannot_show_there() -> None:
    names = {mutant.__name__ for mutant in MUTANTS}
    assert SILENT.keys() <= names
    assert len(SHOWN) > 300
