from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.register.requirements import register, requirements
from muster.register.selection import expand, group, groups, resolve

LABELS = [name for name in register() if name.startswith("LIST-LABEL-")]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("LIST-ORDER", ["LIST-ORDER"]),
        ("list-order", ["LIST-ORDER"]),
        ("LIST-LABEL", LABELS),
        ("list-label-", LABELS),
        ("LIST-*-VALUE", [name for name in requirements() if name.endswith("-VALUE")]),
        ("http-head?rs", ["HTTP-HEADERS"]),
        ("LIST-BEFORE", ["LIST-BEFORE"]),
    ],
)
def test_a_selection_is_an_id_a_prefix_or_a_pattern(name: str, ids: list[str]) -> None:
    assert sorted(expand([name])) == sorted(ids)


def test_each_id_is_selected_once() -> None:
    assert expand(["LIST-ORDER", "list-order", "LIST-ORD*"]) == ("LIST-ORDER",)
    assert expand([]) == ()


def test_unchecked_rules_are_selected_only_by_their_full_id() -> None:
    unchecked = {name for name, rule in register().items() if rule.unchecked}
    assert unchecked.isdisjoint(expand(["*"]))
    assert expand(["list-windows"]) == ("LIST-WINDOWS",)


def test_the_beginning_of_a_word_counts_where_no_whole_word_does() -> None:
    labels = expand(["LIST-LABEL"])
    assert all(each.startswith("LIST-LABEL-") for each in labels)
    assert {*expand(["list-lab"])} > {*labels}


def test_the_last_of_several_similar_ids_follows_or() -> None:
    with pytest.raises(
        UsageError, match=r"did you mean LIST-[A-Z-]+, LIST-[A-Z-]+ or LIST-[A-Z-]+\?"
    ):
        resolve("LIST-LABEL")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("LIST-ODER", "there is no requirement LIST-ODER: did you mean LIST-ORDER"),
        ("XYZ", "there is no requirement XYZ: `muster list` shows all ids"),
        ("XYZ-*", "there is no requirement XYZ-*: `muster list` shows all ids"),
    ],
)
def test_an_unknown_selection_is_reported_with_suggestions(name: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        expand([name])
    assert str(refused.value).startswith(told)
    with pytest.raises(UsageError):
        resolve(name)


def test_an_id_is_found_in_any_case() -> None:
    assert resolve("list-Order") == "LIST-ORDER"
    with pytest.raises(UsageError, match="did you mean"):
        resolve("LIST-LABEL")


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("LIST-ORDER", "list"),
        ("LIST-LABEL-AND", "filters"),
        ("LIST-LABELS-NONE", "list"),
        ("LIST-ERROR-JSON", "errors"),
        ("LIST-DANGLING-VALUE", "errors"),
        ("LIST-MANIFESTS-CONTENT", "multi-platform"),
        ("HTTP-HEAD", "http"),
        ("FUZZ-ALIVE", "fuzzing"),
        ("PLANT-TAG", "planted"),
        ("ACCESS-KEY", "access"),
    ],
)
def test_a_requirement_is_in_the_group_with_the_longest_prefix(name: str, where: str) -> None:
    assert group(register()[name]) == where


def test_every_group_has_several_requirements() -> None:
    found = [group(each) for each in register().values()]
    assert set(found) == set(groups())
    assert min(found.count(each) for each in groups()) > 1
