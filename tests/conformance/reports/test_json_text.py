from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.reports.json_text import (
    DEEPEST,
    Line,
    body,
    diff_lines,
    indented,
    replace_control_characters,
)
from tests.conformance.support import html_records as pages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def shown(text: str, *, cut: bool = False) -> str:
    response = pages.exchange(text, cut=cut).response
    assert response
    return body(replace(response, cut=cut))


def test_json_is_indented() -> None:
    assert indented('[{"a":[1,"x,y"],"b":{}, "c": []},null]').split("\n") == [
        "[",
        "  {",
        '    "a": [',
        "      1,",
        '      "x,y"',
        "    ],",
        '    "b": {},',
        '    "c": []',
        "  },",
        "  null",
        "]",
    ]


@given(JSON, st.booleans())
def test_indenting_json_keeps_its_value(value: object, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert json.loads(indented(text)) == value


def test_unusual_json_spellings_are_preserved() -> None:
    odd = r'{"a":1.50,"a":1e2,"\u003cnone\u003e":"\/"}'
    assert "".join(indented(odd).split()) == odd


def test_deep_nesting_limits_the_indentation() -> None:
    deep = "[" * 10000
    assert len(indented(deep)) < len(deep) + 2 * DEEPEST**2


def test_a_complete_body_is_indented() -> None:
    assert shown("[1]") == "[\n  1\n]"


@pytest.mark.parametrize("text", ["no JSON", '{"a": ', "[" * 10000, ""])
def test_a_body_that_is_not_json_is_unchanged(text: str) -> None:
    assert shown(text) == text


def test_truncated_json_is_indented() -> None:
    assert shown('[{"a":"b', cut=True) == '[\n  {\n    "a": "b'
    assert shown("a long text", cut=True) == "a long text"


def test_matching_difference_lines_are_paired() -> None:
    assert list(diff_lines(["- x: [a, b]", "+ x: [a, c]"])) == [
        Line("-", "x: [a, ", "b", "]"),
        Line("+", "x: [a, ", "c", "]"),
    ]


@pytest.mark.parametrize(
    ("expected", "came", "others"),
    [("x: aa", "x: aaa", ("", "a")), ("x: abab", "x: ab", ("ab", "")), ("x: a", "x: a", ("", ""))],
)
def test_a_common_prefix_and_suffix_do_not_overlap(
    expected: str, came: str, others: tuple[str, str]
) -> None:
    lines = list(diff_lines([f"- {expected}", f"+ {came}"]))
    assert tuple(line.other for line in lines) == others
    assert [line.same + line.other + line.rest for line in lines] == [expected, came]


def test_unmatched_difference_lines_are_not_paired() -> None:
    lines = ["- missing: a", "- x: 1", "+ unexpected: b", "+ y", "… and 3 more lines"]
    assert [(line.sign, line.same, line.other) for line in diff_lines(lines)] == [
        ("-", "missing: a", ""),
        ("-", "x: 1", ""),
        ("+", "unexpected: b", ""),
        ("+", "y", ""),
        ("", "… and 3 more lines", ""),
    ]


def test_only_newlines_and_tabs_are_kept_of_control_characters() -> None:
    assert (
        replace_control_characters("a\tb\r\nc\x1b\u202e\ud800 \x00")
        == "a\tb\nc\ufffd\ufffd\ufffd \ufffd"
    )
