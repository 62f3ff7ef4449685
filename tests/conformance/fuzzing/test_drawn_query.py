from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from urllib.parse import parse_qsl

import pytest

import muster_openapi
from muster.checks import steps
from muster.fuzzing.conditions import Trait
from muster.fuzzing.drawn_query import LONGEST, draw
from muster.fuzzing.fault import fault
from muster.fuzzing.parts import LOOSE, SPELLED, DrawnQuery
from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.runner.liveness import Watch
from muster.runner.pipeline import Pipeline
from muster.runner.runner import drive
from tests.conformance.support.choices import drawn_queries, samples_of, simplest
from tests.mutants.stand_in import DIGEST, StandIn


@cache
def drawn(version: str = "1.24") -> list[DrawnQuery]:
    return drawn_queries(version)


def parameters(query: DrawnQuery) -> list[tuple[str, str]]:
    return parse_qsl(query.request.target.partition("?")[2], keep_blank_values=True)


def first(query: DrawnQuery) -> dict[str, str]:
    """Return the parameters that count."""
    return dict(reversed(parameters(query)))


def having(trait: Trait, without: Iterable[Trait] = ()) -> list[DrawnQuery]:
    found = [each for each in drawn() if trait in each.traits and not each.traits & {*without}]
    assert found
    return found


def test_the_simplest_query_is_the_plain_listing() -> None:
    query = draw(simplest, samples_of(StandIn()), ApiVersion(1, 24))
    assert query == DrawnQuery(
        Query().request(), (Query(filters={}),), frozenset({Trait.PLAIN}), refusable=False
    )


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_a_correct_server_answers_every_drawn_query(version: str) -> None:
    server = StandIn(version)
    everything = drive(steps.full_listing(), Pipeline(Watch(server)))
    for query in drawn_queries(version, 250):
        exchange = server.send(query.request)
        assert fault(query, exchange, everything, ApiVersion.parse(version)) is None


def test_the_same_choices_give_the_same_query() -> None:
    assert drawn_queries("1.44", 50) == drawn_queries("1.44", 50)


def test_the_spelling_of_all_determines_its_meaning() -> None:
    texts = set()
    for each in drawn():
        text = first(each).get("all", "")
        texts.add(text)
        everything = (SPELLED | LOOSE)[text]
        assert {meaning.all for meaning in each.meanings} <= {everything}
        assert (Trait.ALL in each.traits) is everything
        assert (Trait.PLAIN in each.traits) is not everything
        spelled = text not in {"", "1"} and text in SPELLED
        assert (Trait.ALL_SPELLED in each.traits) <= (spelled or text == "1")
        assert (Trait.ALL_LOOSE in each.traits) <= (text in LOOSE)
    assert texts == {*SPELLED, *LOOSE}


def test_filters_on_the_wire_match_the_meaning() -> None:
    for each in drawn():
        named = each.traits & {Trait.BEFORE, Trait.SINCE}
        if named or len(each.meanings) != 1 or "filters" not in first(each):
            continue
        (meaning,) = each.meanings
        text = first(each)["filters"]
        written = (json.loads(text) if text else None) or {}
        assert {key: [*values] for key, values in written.items()} == {
            key: [*dict.fromkeys(values)] if isinstance(written[key], dict) else [*values]
            for key, values in meaning.filters.items()
        }
        assert (first(each).get("filter") or None) == meaning.filter


def test_an_invalid_query_has_no_meaning() -> None:
    wrong = {Trait.DANGLING_MISTAKE, Trait.UNKNOWN_FILTER, Trait.TIME_MISTAKE}
    for each in drawn():
        assert bool(each.meanings) is not bool(each.traits & wrong)


def test_several_conditions_have_their_own_trait() -> None:
    for each in having(Trait.CONDITIONS):
        read = {key for meaning in each.meanings for key in meaning.filters}
        named = any(meaning.filter for meaning in each.meanings)
        assert not each.meanings or len(read) + named > 1


def test_filters_are_also_drawn_in_the_map_form() -> None:
    for each in having(Trait.MAP_FORM, {Trait.REPEATED}):
        assert all(isinstance(value, dict) for value in json.loads(first(each)["filters"]).values())


def test_ineffective_parameters_are_drawn_as_well() -> None:
    names = {name for each in having(Trait.UNKNOWN_PARAMETER) for name, _ in parameters(each)}
    assert {"only_ids", "limit", "dangling", "label", "muster"} <= names
    cases = {name for each in having(Trait.OTHER_CASE) for name, _ in parameters(each)}
    assert {"ALL", "Filter", "FILTERS", "Digests"} <= cases
    for each in having(Trait.DIGESTS):
        assert first(each)["digests"] in {"1", "0", "true"}


def test_empty_values_replace_missing_filters() -> None:
    empty = {("filters", "{}"), ("filters", ""), ("filters", "null"), ("filter", "")}
    found = set()
    for each in having(Trait.NO_FILTERS):
        found |= {*parameters(each)} & empty
    assert found == empty


def test_a_repeated_parameter_has_a_different_second_value() -> None:
    for each in having(Trait.REPEATED, {Trait.UNKNOWN_PARAMETER, Trait.OTHER_CASE}):
        names = [name for name, _ in parameters(each)]
        assert len(names) > len(set(names))


def test_the_usual_encoding_has_no_encoding_trait() -> None:
    plain = [each for each in drawn() if each.traits == {Trait.PLAIN}]
    assert {each.request.target for each in plain} == {"/images/json"}
    unusual = having(Trait.ENCODING)
    assert 0.2 < len(unusual) / len(drawn()) < 0.8


def test_overlong_queries_use_the_usual_encoding() -> None:
    server = StandIn()
    for image in server.images:
        image["Labels"] = {"k" * 180: "ü" * 20, "k" * 190: "v" * 9}
    found = drawn_queries("1.24", 2000, server)
    long = [each for each in found if len(each.request.target) > 2000]
    assert long
    assert max(len(each.request.target) for each in found) < LONGEST * 1.5


def test_some_queries_may_be_refused() -> None:
    server = StandIn()
    server.images[0]["RepoDigests"] = [f"[x@{DIGEST}"]
    found = {each.refusable for each in drawn_queries("1.24", 1000, server)}
    assert found == {True, False}
