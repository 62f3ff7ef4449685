from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.transport.headers import parse

SECRET = "s3cr3t-value"


def test_headers_come_from_options_and_the_environment() -> None:
    lines = "X-C: 3\n\n  X-D :4\n"
    assert parse(["X-A: 1", "X-B:  2: two "], lines) == (
        ("X-A", "1"),
        ("X-B", "2: two"),
        ("X-C", "3"),
        ("X-D", "4"),
    )
    assert parse(["X-Empty:"]) == (("X-Empty", ""),)
    assert parse([]) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"Authorization {SECRET}", "write 'Name: value'"),
        (f"X Y: {SECRET}", "write 'Name: value'"),
        (f": {SECRET}", "write 'Name: value'"),
        (f"X-A: {SECRET}\r\nHost: x", "the value of X-A has characters"),
        (f"X-A: {SECRET}\N{SNOWMAN}", "the value of X-A has characters"),
        (f"Host: {SECRET}", "muster sets Host itself"),
        (f"Transfer-encoding: {SECRET}", "muster sets Transfer-encoding itself"),
    ],
)
def test_an_invalid_header_is_refused_without_showing_its_value(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse([text])
    assert f"--header: {told}" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_error_in_an_environment_header_names_the_variable() -> None:
    with pytest.raises(UsageError, match="MUSTER_HEADERS: write 'Name: value'"):
        parse(["X-A: 1"], "nonsense")
