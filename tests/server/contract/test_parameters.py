import pytest

from musterd.contract.parameters import truth


@pytest.mark.parametrize("text", ["", "0", "no", "false", "none", "No", "fAlSe", " 0 ", "\tNONE\n"])
def test_five_words_are_false_in_any_case(text: str) -> None:
    assert truth(text) is False


@pytest.mark.parametrize("text", ["1", "true", "2", "00", "0.0", "f", "off", "null", "-", "[]"])
def test_every_other_value_is_true(text: str) -> None:
    assert truth(text) is True
