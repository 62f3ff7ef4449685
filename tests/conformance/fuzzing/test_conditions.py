from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from muster.fuzzing.conditions import Condition, Trait, draw_conditions, meanings
from muster.model.glob import BadPattern, matches
from muster.model.names import ABSENT_IMAGE, ABSENT_LABEL
from muster.model.query import Query
from muster.model.version import ApiVersion
from tests.conformance.support.choices import by_chance, samples_of, simplest
from tests.mutants.stand_in import DIGEST, StandIn, image

VERSIONS = ["1.23", "1.24", "1.25", "1.40", "1.41", "1.44"]


@cache
def drawn(version: str) -> list[list[Condition]]:
    choose, samples = by_chance(version), samples_of(StandIn(version))
    return [draw_conditions(choose, samples, ApiVersion.parse(version)) for _ in range(3000)]


def of(key: str, version: str = "1.44") -> list[Condition]:
    return [each for conditions in drawn(version) for each in conditions if each.key == key]


def with_trait(trait: Trait, version: str = "1.44") -> list[Condition]:
    return [each for conditions in drawn(version) for each in conditions if trait in each.traits]


def test_the_simplest_choice_is_no_condition() -> None:
    assert draw_conditions(simplest, samples_of(StandIn()), ApiVersion(1, 44)) == []


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("1.23", {"label", "dangling", "filter"}),
        ("1.24", {"label", "dangling", "filter", "before", "since"}),
        ("1.44", {"label", "dangling", "filter", "before", "since", "reference"}),
    ],
)
def test_keys_are_those_of_the_version_plus_an_unknown_one(version: str, keys: set[str]) -> None:
    found = {each.key: each for conditions in drawn(version) for each in conditions}
    assert {key for key in found if found[key].traits != (Trait.UNKNOWN_FILTER,)} == keys
    unknown = [each for each in found.values() if each.traits == (Trait.UNKNOWN_FILTER,)]
    assert unknown
    assert {each.meanings for each in unknown} == {()}


@pytest.mark.parametrize("version", VERSIONS)
def test_filter_and_reference_are_not_combined_where_engines_differ(version: str) -> None:
    together = [
        conditions
        for conditions in drawn(version)
        if {"filter", "reference"} <= {each.key for each in conditions}
    ]
    assert bool(together) is (version in {"1.41", "1.44"})


def test_several_distinct_keys_are_drawn_together() -> None:
    counts = set()
    for conditions in drawn("1.44"):
        keys = [each.key for each in conditions]
        assert len(keys) == len(set(keys))
        counts.add(len(keys))
    assert {0, 1, 2, 3, 4} <= counts


def test_labels_are_requested_by_key_value_and_empty_value() -> None:
    for each in of("label"):
        assert each.meanings == (each.values,)
        assert (Trait.LABELS in each.traits) is (len(each.values) > 1)
        kinds = set(each.traits) - {Trait.LABELS}
        for value in each.values:
            _, equals, text = value.partition("=")
            kind = Trait.LABEL_VALUE if text else Trait.LABEL_EMPTY_VALUE
            assert (kind if equals else Trait.LABEL_KEY) in kinds
    assert {len(each.values) for each in of("label")} == {1, 2, 3}


def test_labels_include_matches_and_near_misses() -> None:
    values = {value for each in of("label") for value in each.values}
    assert {"stage", "stage=mid", "empty=", "stag", "STAGE", "eq=a=b=c"} <= values
    assert any(value.endswith("*") for value in values)


@pytest.mark.parametrize(
    ("trait", "right"), [(Trait.DANGLING_TRUE, "true"), (Trait.DANGLING_FALSE, "false")]
)
def test_dangling_accepts_true_and_false(trait: Trait, right: str) -> None:
    assert {each.values for each in with_trait(trait)} == {(right,)}
    assert {each.meanings for each in with_trait(trait)} == {((right,),)}


def test_other_values_of_dangling_are_invalid() -> None:
    wrong = with_trait(Trait.DANGLING_MISTAKE)
    assert {each.values for each in wrong} == {("muster",), ("ture",), ("2",)}
    assert {each.meanings for each in wrong} == {()}


def is_pattern(name: str) -> bool:
    return any(character in name for character in "*?[")


@pytest.mark.parametrize(
    ("key", "version", "traits"),
    [
        ("filter", "1.24", (Trait.FILTER_NAME, Trait.FILTER_TAG, Trait.FILTER_PATTERN)),
        (
            "reference",
            "1.44",
            (Trait.REFERENCE_NAME, Trait.REFERENCE_TAG, Trait.REFERENCE_PATTERN),
        ),
    ],
)
def test_name_filters_are_repositories_tags_and_patterns(
    key: str, version: str, traits: tuple[Trait, ...]
) -> None:
    by_name, by_tag, by_pattern = traits
    single = [each for each in of(key, version) if len(each.values) == 1]
    kinds: dict[Trait, set[str]] = {trait: set() for trait in traits}
    for each in single:
        (trait,) = each.traits
        kinds[trait].add(each.values[0])
    assert {"busybox", "team/", "TEAM/X"} & kinds[by_name]
    assert "busybox:latest" in kinds[by_tag]
    assert "busybox:lates" in kinds[by_tag]
    assert kinds[by_pattern]
    assert all(map(is_pattern, kinds[by_pattern]))


def test_filter_is_expected_to_be_ignored_once_removed() -> None:
    assert {each.traits for each in of("filter", "1.41")} == {(Trait.FILTER_IGNORED,)}


def test_several_references_are_one_condition() -> None:
    several = with_trait(Trait.REFERENCES)
    assert {len(each.values) for each in several} == {2, 3}
    assert all(each.meanings == (each.values,) for each in several)


def test_a_reference_may_use_its_canonical_name() -> None:
    values = {value for each in of("reference") for value in each.values}
    assert "docker.io/library/busybox" in values
    assert not any(value.startswith("docker.io/") for value in values if is_pattern(value))


@pytest.mark.parametrize(("key", "version"), [("filter", "1.24"), ("reference", "1.44")])
def test_a_malformed_pattern_may_be_refused(key: str, version: str) -> None:
    def is_bad(pattern: str) -> bool:
        try:
            matches(pattern, "")
        except BadPattern:
            return True
        return False

    odd = StandIn()
    # No daemon takes such a name, but a listing may have it.
    odd.images[0]["RepoDigests"] = [f"[x@{DIGEST}"]
    samples, choose = samples_of(odd), by_chance(key)
    found = [
        each
        for _ in range(3000)
        for each in draw_conditions(choose, samples, ApiVersion.parse(version))
        if each.key == key
    ]
    assert {each.refusable for each in found} == {True, False}
    for each in found:
        assert each.refusable is any(map(is_bad, each.values))


@pytest.mark.parametrize(("key", "trait"), [("before", Trait.BEFORE), ("since", Trait.SINCE)])
def test_before_and_since_identify_an_image_in_many_ways(key: str, trait: Trait) -> None:
    single = [each for each in with_trait(trait) if len(each.values) == 1]
    assert {each.key for each in single} == {key}
    images = {image["Id"] for image in StandIn().images}
    for each in single:
        ((identifier,),) = each.meanings
        assert identifier in images
    assert {"busybox", "app:v1"} <= {each.values[0] for each in single}


@pytest.mark.parametrize("key", ["before", "since"])
def test_several_images_mean_all_or_any_of_them(key: str) -> None:
    several = [each for each in with_trait(Trait.SEVERAL_TIMES) if each.key == key]
    assert several
    for each in several:
        both, first, second = each.meanings
        assert (*first, *second) == both


def test_an_unknown_image_is_an_invalid_value() -> None:
    wrong = with_trait(Trait.TIME_MISTAKE)
    assert {value for each in wrong for value in each.values} == {ABSENT_IMAGE}
    assert {each.meanings for each in wrong} == {()}


def test_for_bare_images_only_absent_values_are_requested() -> None:
    server = StandIn("1.44")
    server.images = [image("bare", 0)]
    samples, choose = samples_of(server), by_chance("bare")
    found = [
        each for _ in range(2000) for each in draw_conditions(choose, samples, ApiVersion(1, 44))
    ]
    labels = {value for each in found if each.key == "label" for value in each.values}
    assert labels == {ABSENT_LABEL, f"{ABSENT_LABEL}="}
    times = {each.traits for each in found if each.key in {"before", "since"}}
    assert times == {(Trait.TIME_MISTAKE,)}
    references = {value for each in found if each.key == "reference" for value in each.values}
    assert {ABSENT_IMAGE, f"{ABSENT_IMAGE}:latest", "*"} <= references


def condition(key: str, *read: tuple[str, ...]) -> Condition:
    return Condition(key, ("x",), read, ())


@pytest.mark.parametrize(
    ("conditions", "read"),
    [
        ([], [{}]),
        ([condition("label", ("a", "b"))], [{"label": ["a", "b"]}]),
        (
            [condition("since", ("a", "b"), ("a",), ("b",)), condition("label", ("k",))],
            [
                {"since": ["a", "b"], "label": ["k"]},
                {"since": ["a"], "label": ["k"]},
                {"since": ["b"], "label": ["k"]},
            ],
        ),
        ([condition("dangling"), condition("label", ("k",))], []),
    ],
)
def test_every_meaning_of_the_conditions_is_considered(
    conditions: list[Condition], read: list[dict[str, list[str]]]
) -> None:
    for everything in (True, False):
        wanted = [Query(all=everything, filters=filters) for filters in read]
        assert meanings(conditions, everything=everything) == wanted


def test_filter_is_a_parameter_of_its_own() -> None:
    conditions = [condition("filter", ("name",)), condition("label", ("k",))]
    assert meanings(conditions, everything=True) == [
        Query(all=True, filters={"label": ["k"]}, filter="name")
    ]


CHOICES: list[Callable[[int], int]] = [simplest, lambda bound: bound - 1, by_chance("any")]


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize("version", VERSIONS)
def test_any_choices_give_valid_conditions(choose: Callable[[int], int], version: str) -> None:
    found = draw_conditions(choose, samples_of(StandIn(version)), ApiVersion.parse(version))
    assert all(each.values for each in found)
