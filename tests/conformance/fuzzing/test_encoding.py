from __future__ import annotations

import json
from itertools import product
from urllib.parse import parse_qsl

import pytest

from muster.fuzzing.drawn_query import ESCAPES, PERCENT, SPACINGS
from muster.fuzzing.encoding import Encoding
from muster.model.query import Query

FILTERS = {"label": ["a=b c", "ключ=\N{GRINNING FACE}", 'q"\\/'], "dangling": ["true"]}
PARAMETERS = [("all", "1"), ("filter", "a/b:c+d &e=ü%41~"), ("", "")]
WORDINGS = [
    Encoding("map" if backwards else "list", spacing, escapes, backwards, percent, plus)
    for spacing, escapes, backwards, percent, plus in product(
        SPACINGS, ESCAPES, (False, True), PERCENT, (False, True)
    )
]


@pytest.mark.parametrize("encoding", WORDINGS, ids=str)
def test_every_encoding_has_the_same_content(encoding: Encoding) -> None:
    values = json.loads(encoding.filters(FILTERS))
    if encoding.form == "map":
        assert values == {key: dict.fromkeys(texts, True) for key, texts in FILTERS.items()}
    else:
        assert values == FILTERS
    target = encoding.request(PARAMETERS).target
    path, _, query = target.partition("?")
    assert path == "/images/json"
    assert parse_qsl(query, keep_blank_values=True) == PARAMETERS
    assert target.isascii()
    assert target.isprintable()
    assert " " not in target


@pytest.mark.parametrize("form", ["list", "map"])
def test_the_default_encoding_equals_that_of_other_checks(form: str) -> None:
    encoding = Encoding(form="map" if form == "map" else "list")
    query = Query(all=True, filters=FILTERS)
    parameters = [("all", "1"), ("filters", encoding.filters(FILTERS))]
    assert encoding.request(parameters) == query.request(form=form)


def test_a_request_without_parameters_has_no_question_mark() -> None:
    assert Encoding().request([]).target == "/images/json"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        (Encoding(), '{"b":["x ü"],"a":["1","2"]}'),
        (Encoding(form="map"), '{"b":{"x ü":true},"a":{"1":true,"2":true}}'),
        (Encoding(spacing="usual"), '{"b": ["x ü"], "a": ["1", "2"]}'),
        (Encoding(spacing="wide"), '{ "b" :\n [ "x ü" ] ,\t"a" :\n [ "1" ,\t"2" ] }'),
        (Encoding(escapes="needed"), '{"b":["x \\u00fc"],"a":["1","2"]}'),
        (
            Encoding(escapes="every"),
            r'{"\u0062":["\u0078\u0020\u00fc"],"\u0061":["\u0031","\u0032"]}',
        ),
        (Encoding(backwards=True), '{"a":["1","2"],"b":["x ü"]}'),
    ],
)
def test_filters_are_encoded_as_clients_do(encoding: Encoding, written: str) -> None:
    assert encoding.filters({"b": ["x ü"], "a": ["1", "2"]}) == written


def test_the_map_form_has_no_duplicate_values() -> None:
    assert Encoding(form="map").filters({"label": ["a", "a"]}) == '{"label":{"a":true}}'


def test_characters_beyond_16_bits_are_escaped_as_surrogates() -> None:
    written = Encoding(escapes="every").filters({"a": ["\N{GRINNING FACE}"]})
    assert written == r'{"\u0061":["\ud83d\ude00"]}'


@pytest.mark.parametrize(
    ("encoding", "query"),
    [
        (Encoding(), "all-x=a%2F%C3%BC%20b"),
        (Encoding(percent="lower"), "all-x=a%2f%c3%bc%20b"),
        (Encoding(percent="legal"), "all-x=a/%C3%BC%20b"),
        (Encoding(percent="every"), "%61%6C%6C%2D%78=%61%2F%C3%BC%20%62"),
        (Encoding(plus=True), "all-x=a%2F%C3%BC+b"),
        (Encoding(percent="legal", plus=True), "all-x=a/%C3%BC+b"),
    ],
)
def test_a_query_is_percent_encoded_as_clients_do(encoding: Encoding, query: str) -> None:
    assert encoding.request([("all-x", "a/ü b")]).target == f"/images/json?{query}"
