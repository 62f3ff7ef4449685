import pytest

from musterd.listing.filter_forms import is_list_or_map_form


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, True),
        ({"label": []}, True),
        ({"label": ["a", "b"], "dangling": ["true"]}, True),
        ({"label": {"a": True, "b": False}}, True),
        ({"label": ["a"], "dangling": {"true": True}}, False),
        ({"label": [1]}, False),
        ({"label": {"a": 1}}, False),
        ({"label": "a"}, False),
        ({"label": None}, False),
        ([], False),
        (None, False),
    ],
)
def test_the_list_and_map_forms_are_not_mixed(value: object, expected: bool) -> None:
    assert is_list_or_map_form(value) is expected
