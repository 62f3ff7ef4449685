from typing import Any

import pytest

from musterd.seeds import yaml_lines
from musterd.seeds.yaml_lines import YamlError


def test_values_have_line_numbers() -> None:
    found = yaml_lines.parse("a:\n- 1\n- {b: true,\n   c: ~}\nd: 2024-01-01\n")
    assert found.value == {"a": [1, {"b": True, "c": None}], "d": "2024-01-01"}
    paths = ((), ("a",), ("a", 0), ("a", 1), ("a", 1, "c"), ("d",))
    assert list(map(found.line, paths)) == [1, 1, 2, 3, 4, 5]


def test_a_missing_value_has_the_line_of_its_parent() -> None:
    found = yaml_lines.parse("\na: [1]\n")
    assert (found.line(("a", 5)), found.line(("x",))) == (2, 2)
    assert yaml_lines.parse("").line(("x",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [", 1, "expected the node content"),
        ("a: b\n c: d", 2, "mapping values are not allowed here"),
        ("a: &x 1\nb: *x", 2, "aliases are not supported"),
        ("a: 1\nb: 2\na: 3", 3, "'a' is there twice"),
        ("a: 1\n[b]: 2", 2, "a key must be a text"),
        ("a: \x01", 1, "unacceptable character"),
        ("a: 1\nb: !!int x", 2, "invalid literal for int"),
        ("a: 1\nb: !other x", 2, "could not determine a constructor"),
        ("[" * 5000, 1, "it is nested too deeply"),
        ("--- a\n--- b", 2, "but found another document"),
    ],
)
def test_a_mistake_has_a_line_number(text: str, line: Any, message: str) -> None:
    with pytest.raises(YamlError, match=message) as no:
        yaml_lines.parse(text)
    assert no.value.line == line
