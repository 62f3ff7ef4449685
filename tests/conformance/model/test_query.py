from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.exchange import Request
from muster.model.query import Query, filters_json, request


@pytest.mark.parametrize(
    ("query", "target"),
    [
        (Query(), "/images/json"),
        (Query(all=True), "/images/json?all=1"),
        (Query(digests=True), "/images/json?digests=1"),
        (Query(filter="a/b:1*"), "/images/json?filter=a%2Fb%3A1%2A"),
        (Query(filter=""), "/images/json?filter="),
        (
            Query(filters={"label": ["a=b", "c"]}),
            "/images/json?filters=%7B%22label%22%3A%5B%22a%3Db%22%2C%22c%22%5D%7D",
        ),
        (
            Query(all=True, digests=True, filter="a", filters={"x": []}),
            "/images/json?all=1&digests=1&filter=a&filters=%7B%22x%22%3A%5B%5D%7D",
        ),
    ],
)
def test_a_query_is_encoded_with_its_parameters(query: Query, target: str) -> None:
    assert query.request() == Request(target)


def test_filters_are_encoded_in_either_wire_form() -> None:
    filters = {"label": ["ключ=a", "b"], "dangling": []}
    assert filters_json(filters) == '{"label":["ключ=a","b"],"dangling":[]}'
    assert filters_json(filters, form="map") == '{"label":{"ключ=a":true,"b":true},"dangling":{}}'


def test_a_query_can_be_encoded_in_the_map_form() -> None:
    asked = Query(filters={"a": ["b"]}).request(form="map")
    assert parse_qsl(asked.target.partition("?")[2]) == [("filters", '{"a":{"b":true}}')]


@given(st.lists(st.tuples(st.text(), st.text())))
def test_encoded_parameters_decode_to_the_original(parameters: list[tuple[str, str]]) -> None:
    target = request(*parameters).target
    assert target.isascii()
    assert target.isprintable()
    assert parse_qsl(target.partition("?")[2], keep_blank_values=True) == parameters


@given(st.dictionaries(st.text(), st.lists(st.text(), unique=True)))
def test_both_wire_forms_have_the_same_values(filters: dict[str, list[str]]) -> None:
    assert json.loads(filters_json(filters)) == filters
    written = json.loads(filters_json(filters, form="map"))
    assert {key: list(values) for key, values in written.items()} == filters
