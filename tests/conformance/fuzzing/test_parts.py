from __future__ import annotations

from dataclasses import replace

import pytest

from muster.fuzzing.conditions import Condition, Trait
from muster.fuzzing.encoding import Encoding
from muster.fuzzing.parts import DrawnQuery, Extra, Parts
from tests.conformance.support.choices import drawn_queries

ONE = Condition("label", ("a",), (("a",),), (Trait.LABEL_KEY,))
TWO = Condition(
    "label",
    ("a", "b=c"),
    (("a", "b=c"),),
    (Trait.LABELS, Trait.LABEL_KEY, Trait.LABEL_VALUE),
)
NAME = Condition("filter", ("x",), (("x",),), (Trait.FILTER_NAME,))


def simpler(parts: Parts) -> list[Parts]:
    return [*parts.simpler()]


@pytest.mark.parametrize("version", ["1.23", "1.44"])
def test_leaving_out_parts_terminates(version: str) -> None:
    for query in drawn_queries(version, 200):
        parts, steps = query.parts, 0
        while parts is not None:
            shorter = next(parts.simpler(), None)
            assert shorter != parts
            parts, steps = shorter, steps + 1
            assert steps < 40


@pytest.mark.parametrize("version", ["1.23", "1.44"])
def test_leaving_out_parts_adds_no_traits_except_plain(
    version: str,
) -> None:
    for query in drawn_queries(version, 200):
        assert query.parts
        for shorter in query.parts.simpler():
            more = shorter.query().traits - query.traits
            assert more <= {Trait.PLAIN, Trait.ALL}


@pytest.mark.parametrize(
    ("parts", "trait"),
    [
        (Parts((ONE, NAME), backwards=True), Trait.ENCODING),
        (Parts((ONE,), encoding=Encoding(spacing="wide")), Trait.ENCODING),
        (Parts((ONE,), encoding=Encoding(form="map")), Trait.MAP_FORM),
        (Parts((NAME,), repeated=("filter", "*")), Trait.REPEATED),
        (Parts(extras=(Extra(Trait.UNKNOWN_PARAMETER, "limit", "1"),)), Trait.UNKNOWN_PARAMETER),
        (Parts((ONE, NAME)), Trait.CONDITIONS),
        (Parts((TWO,)), Trait.LABELS),
        (Parts(all="yes"), Trait.ALL_LOOSE),
        (Parts(all="True"), Trait.ALL_SPELLED),
    ],
)
def test_each_trait_can_be_left_out(parts: Parts, trait: Trait) -> None:
    assert trait in parts.query().traits
    assert any(trait not in each.query().traits for each in parts.simpler())


def test_the_plain_listing_has_no_parts() -> None:
    assert simpler(Parts()) == []
    assert Parts().query() == DrawnQuery(
        Parts().query().request, Parts().query().meanings, frozenset({Trait.PLAIN})
    )


def test_a_true_value_of_all_is_simplified_to_1_first() -> None:
    assert simpler(Parts(all="yes")) == [Parts(all="1")]
    assert simpler(Parts(all="1")) == [Parts()]
    assert simpler(Parts(all="no")) == [Parts()]


def test_a_repeated_value_is_left_out_with_the_first() -> None:
    both = Parts((NAME,), all="1", repeated=("filter", "*"))
    assert Parts(all="1") in simpler(both)
    assert replace(both, all=None) in simpler(both)


def test_each_of_several_values_can_be_left_out() -> None:
    left = [each.conditions[0] for each in simpler(Parts((TWO,))) if each.conditions]
    assert left == [
        Condition("label", ("b=c",), (("b=c",),), (Trait.LABEL_VALUE,)),
        Condition("label", ("a",), (("a",),), (Trait.LABEL_KEY,)),
    ]
