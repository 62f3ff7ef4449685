from __future__ import annotations

import pytest

from muster.fuzzing.attribution import FILED, OF_TRAIT, REQUIREMENT, Known, cause
from muster.fuzzing.conditions import Trait
from muster.fuzzing.fault import Aspect
from muster.register.requirements import requirements


def test_every_requirement_that_faults_are_filed_under_is_in_the_register() -> None:
    assert requirements().keys() >= FILED


def test_every_trait_has_a_requirement() -> None:
    assert OF_TRAIT.keys() == set(Trait)


@pytest.mark.parametrize(
    ("aspect", "traits", "requirement"),
    [
        (Aspect.IMAGES, {Trait.PLAIN}, "LIST-ALL-INTERMEDIATE"),
        (Aspect.IMAGES, {Trait.ALL}, "LIST-REPEATABLE"),
        (Aspect.IMAGES, {Trait.PLAIN, Trait.LABEL_KEY}, "LIST-LABEL-KEY"),
        (Aspect.IMAGES, {Trait.ALL, Trait.LABEL_KEY, Trait.LABELS}, "LIST-LABEL-AND"),
        (
            Aspect.IMAGES,
            {Trait.ALL, Trait.LABEL_KEY, Trait.FILTER_NAME, Trait.CONDITIONS},
            "LIST-CONDITIONS-AND",
        ),
        (Aspect.IMAGES, {Trait.ALL, Trait.LABEL_KEY, Trait.WORDING}, REQUIREMENT),
        (Aspect.NO_LISTING, {Trait.ALL, Trait.DANGLING_TRUE}, "LIST-DANGLING-TRUE"),
        (Aspect.ACCEPTED, {Trait.PLAIN, Trait.DANGLING_MISTAKE}, "LIST-DANGLING-VALUE"),
        (Aspect.TAGS, {Trait.ALL, Trait.FILTER_TAG}, "LIST-FILTER-NARROWS"),
        (Aspect.TAGS, {Trait.ALL, Trait.REFERENCE_NAME}, "LIST-REFERENCE-NARROWS"),
        (Aspect.TAGS, {Trait.ALL, Trait.LABEL_KEY}, "LIST-SAME-FIELDS"),
        (Aspect.NULL, {Trait.ALL, Trait.LABEL_KEY}, "LIST-EMPTY"),
        (Aspect.ORDER, {Trait.PLAIN}, "LIST-ORDER"),
        (Aspect.NO_ANSWER, {Trait.PLAIN, Trait.WORDING}, "FUZZ-ALIVE"),
    ],
)
def test_a_fault_belongs_to_what_its_shortest_query_consists_of(
    aspect: Aspect, traits: set[Trait], requirement: str
) -> None:
    assert cause(aspect, traits) == requirement


def known(*failed: str) -> Known:
    faults = Known()
    for requirement in failed:
        faults.failed(requirement)
    return faults


def test_without_a_known_fault_nothing_is_explained() -> None:
    faults = known()
    assert not faults.explains({Trait.ALL, Trait.LABEL_KEY}, Aspect.IMAGES)
    assert not faults.explains(set(Trait))


def test_a_requirement_that_is_failed_explains_every_query_with_what_it_is_about() -> None:
    faults = known("LIST-LABEL-KEY")
    assert faults.explains({Trait.ALL, Trait.LABEL_KEY, Trait.DANGLING_TRUE})
    assert not faults.explains({Trait.ALL, Trait.LABEL_VALUE})


def test_what_a_requirement_touches_besides_is_explained_too() -> None:
    faults = known("LIST-DANGLING-SPLIT")
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_TRUE})
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_FALSE})
    assert not faults.explains({Trait.PLAIN})


@pytest.mark.parametrize(
    ("requirement", "aspect", "traits", "explained"),
    [
        ("LIST-ORDER", Aspect.ORDER, {Trait.ALL}, True),
        ("LIST-ORDER", Aspect.IMAGES, {Trait.ALL}, False),
        ("LIST-FILTER-NARROWS", Aspect.TAGS, {Trait.ALL, Trait.FILTER_NAME}, True),
        ("LIST-FILTER-NARROWS", Aspect.IMAGES, {Trait.ALL, Trait.FILTER_NAME}, False),
        ("LIST-FILTER-NARROWS", Aspect.TAGS, {Trait.ALL, Trait.LABEL_KEY}, False),
        ("LIST-REFERENCE-NARROWS", Aspect.TAGS, {Trait.ALL, Trait.REFERENCE_TAG}, True),
        ("LIST-SAME-FIELDS", Aspect.TAGS, {Trait.ALL}, True),
        ("LIST-SAME-FIELDS", Aspect.FIELDS, {Trait.ALL}, True),
    ],
)
def test_a_requirement_of_answers_explains_what_is_wrong_with_these_alone(
    requirement: str, aspect: Aspect, traits: set[Trait], *, explained: bool
) -> None:
    assert known(requirement).explains(traits, aspect) is explained


def test_a_fault_without_a_requirement_of_its_own_explains_queries_that_have_it_all() -> None:
    faults = known(REQUIREMENT)
    assert not faults.explains({Trait.ALL, Trait.WORDING})
    faults.shown_by({Trait.PLAIN, Trait.WORDING, Trait.LABEL_KEY})
    assert faults.explains({Trait.ALL, Trait.WORDING, Trait.LABEL_KEY})
    assert not faults.explains({Trait.PLAIN, Trait.WORDING})


def test_a_fault_of_the_plain_listing_explains_plain_listings() -> None:
    faults = known()
    faults.shown_by({Trait.PLAIN})
    assert faults.explains({Trait.PLAIN, Trait.DANGLING_TRUE})
    assert not faults.explains({Trait.ALL})
