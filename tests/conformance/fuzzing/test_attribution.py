from __future__ import annotations

import pytest

from muster.fuzzing.attribution import (
    ATTRIBUTABLE,
    BY_TRAIT,
    REQUIREMENT,
    ReportedFaults,
    requirement_for,
)
from muster.fuzzing.conditions import Trait
from muster.fuzzing.fault import FaultKind
from muster.register.requirements import requirements


def test_every_attributable_requirement_is_in_the_register() -> None:
    assert requirements().keys() >= ATTRIBUTABLE


def test_every_trait_has_a_requirement() -> None:
    assert BY_TRAIT.keys() == set(Trait)


@pytest.mark.parametrize(
    ("kind", "traits", "requirement"),
    [
        (FaultKind.IMAGES, {Trait.PLAIN}, "LIST-ALL-INTERMEDIATE"),
        (FaultKind.IMAGES, {Trait.ALL}, "LIST-REPEATABLE"),
        (FaultKind.IMAGES, {Trait.PLAIN, Trait.LABEL_KEY}, "LIST-LABEL-KEY"),
        (FaultKind.IMAGES, {Trait.ALL, Trait.LABEL_KEY, Trait.LABELS}, "LIST-LABEL-AND"),
        (
            FaultKind.IMAGES,
            {Trait.ALL, Trait.LABEL_KEY, Trait.FILTER_NAME, Trait.CONDITIONS},
            "LIST-CONDITIONS-AND",
        ),
        (FaultKind.IMAGES, {Trait.ALL, Trait.LABEL_KEY, Trait.ENCODING}, REQUIREMENT),
        (FaultKind.NO_LISTING, {Trait.ALL, Trait.DANGLING_TRUE}, "LIST-DANGLING-TRUE"),
        (FaultKind.ACCEPTED, {Trait.PLAIN, Trait.DANGLING_MISTAKE}, "LIST-DANGLING-VALUE"),
        (FaultKind.TAGS, {Trait.ALL, Trait.FILTER_TAG}, "LIST-FILTER-NARROWS"),
        (FaultKind.TAGS, {Trait.ALL, Trait.REFERENCE_NAME}, "LIST-REFERENCE-NARROWS"),
        (FaultKind.TAGS, {Trait.ALL, Trait.LABEL_KEY}, "LIST-SAME-FIELDS"),
        (FaultKind.NULL, {Trait.ALL, Trait.LABEL_KEY}, "LIST-EMPTY"),
        (FaultKind.ORDER, {Trait.PLAIN}, "LIST-ORDER"),
        (FaultKind.NO_ANSWER, {Trait.PLAIN, Trait.ENCODING}, "FUZZ-ALIVE"),
    ],
)
def test_a_fault_is_attributed_by_the_traits_of_its_shortest_query(
    kind: FaultKind, traits: set[Trait], requirement: str
) -> None:
    assert requirement_for(kind, traits) == requirement


def known(*failed: str) -> ReportedFaults:
    faults = ReportedFaults()
    for requirement in failed:
        faults.failed(requirement)
    return faults


def test_no_query_is_explained_without_a_known_fault() -> None:
    faults = known()
    assert not faults.explains({Trait.ALL, Trait.LABEL_KEY}, FaultKind.IMAGES)
    assert not faults.explains(set(Trait))


def test_a_failed_requirement_explains_queries_with_its_traits() -> None:
    faults = known("LIST-LABEL-KEY")
    assert faults.explains({Trait.ALL, Trait.LABEL_KEY, Trait.DANGLING_TRUE})
    assert not faults.explains({Trait.ALL, Trait.LABEL_VALUE})


def test_a_failed_requirement_explains_its_related_traits() -> None:
    faults = known("LIST-DANGLING-SPLIT")
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_TRUE})
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_FALSE})
    assert not faults.explains({Trait.PLAIN})


@pytest.mark.parametrize(
    ("requirement", "kind", "traits", "explained"),
    [
        ("LIST-ORDER", FaultKind.ORDER, {Trait.ALL}, True),
        ("LIST-ORDER", FaultKind.IMAGES, {Trait.ALL}, False),
        ("LIST-FILTER-NARROWS", FaultKind.TAGS, {Trait.ALL, Trait.FILTER_NAME}, True),
        ("LIST-FILTER-NARROWS", FaultKind.IMAGES, {Trait.ALL, Trait.FILTER_NAME}, False),
        ("LIST-FILTER-NARROWS", FaultKind.TAGS, {Trait.ALL, Trait.LABEL_KEY}, False),
        ("LIST-REFERENCE-NARROWS", FaultKind.TAGS, {Trait.ALL, Trait.REFERENCE_TAG}, True),
        ("LIST-SAME-FIELDS", FaultKind.TAGS, {Trait.ALL}, True),
        ("LIST-SAME-FIELDS", FaultKind.FIELDS, {Trait.ALL}, True),
    ],
)
def test_a_response_requirement_explains_only_its_kind_of_fault(
    requirement: str, kind: FaultKind, traits: set[Trait], *, explained: bool
) -> None:
    assert known(requirement).explains(traits, kind) is explained


def test_an_unattributed_fault_explains_queries_with_all_its_traits() -> None:
    faults = known(REQUIREMENT)
    assert not faults.explains({Trait.ALL, Trait.ENCODING})
    faults.shown_by({Trait.PLAIN, Trait.ENCODING, Trait.LABEL_KEY})
    assert faults.explains({Trait.ALL, Trait.ENCODING, Trait.LABEL_KEY})
    assert not faults.explains({Trait.PLAIN, Trait.ENCODING})


def test_a_fault_in_the_plain_listing_explains_plain_listings() -> None:
    faults = known()
    faults.shown_by({Trait.PLAIN})
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_TRUE})
    assert not faults.explains({Trait.ALL})
