from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musterd.api.query_string import first_values
from musterd.errors import BadRequestError


@pytest.mark.parametrize(
    ("query_string", "values"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"all", {"all": ""}),
        (b"all=1&all=0", {"all": "1"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"=1", {"": "1"}),
        (b"a+b=c%2Bd+e", {"a b": "c+d e"}),
        (b"f=%7b%22a%22:1%7D", {"f": '{"a":1}'}),
        (b"x=%C3%A9%ff", {"x": "é\ufffd"}),
        (b"x=\xc3\xa9\xff", {"x": "é\ufffd"}),
    ],
)
def test_the_first_value_of_each_parameter_is_decoded(query_string: bytes, values: Any) -> None:
    assert first_values(query_string) == values


@pytest.mark.parametrize(
    ("query_string", "message"),
    [
        (b"all=%zz", 'invalid URL escape "%zz"'),
        (b"all=1&x=%2", 'invalid URL escape "%2"'),
        (b"x=%", 'invalid URL escape "%"'),
        (b"%=x", 'invalid URL escape "%"'),
        (b"all=1;filters={}", "invalid semicolon separator in query"),
    ],
)
def test_a_malformed_query_string_is_refused(query_string: bytes, message: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        first_values(query_string)
    assert str(refused.value) == message


@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_an_encoded_query_string_decodes_to_the_original(values: Any) -> None:
    assert first_values(urlencode(values, quote_via=quote_plus).encode()) == values
