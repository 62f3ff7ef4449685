"""What registries demand of those who ask."""

import pytest

from musterd.registry import challenges


def test_a_challenge_has_a_scheme_and_parameters() -> None:
    found = challenges.parse('Bearer realm="https://a/token", Service="b",scope="c,d"')
    assert found is not None
    assert found.scheme == "bearer"
    assert found.parameters == {"realm": "https://a/token", "service": "b", "scope": "c,d"}


def test_a_challenge_may_have_no_parameters() -> None:
    found = challenges.parse("Basic")
    assert found is not None
    assert (found.scheme, found.parameters) == ("basic", {})


def test_the_first_of_two_parameters_counts() -> None:
    found = challenges.parse('Bearer realm="a",realm="b"')
    assert found is not None
    assert found.parameters == {"realm": "a"}


@pytest.mark.parametrize("text", ["", "  ", "=", "Bearer" + " " * 9000])
def test_a_malformed_challenge_is_ignored(text: str) -> None:
    assert challenges.parse(text) is None
