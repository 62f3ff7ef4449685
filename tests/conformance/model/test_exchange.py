from __future__ import annotations

import pytest

from muster.model.exchange import Response


@pytest.mark.parametrize(
    ("headers", "media_type"),
    [
        ({}, ""),
        ({"content-type": "application/json"}, "application/json"),
        ({"content-type": " Text/Plain ; charset=utf-8"}, "text/plain"),
        ({"content-type": ";"}, ""),
    ],
)
def test_the_media_type_excludes_parameters(headers: dict[str, str], media_type: str) -> None:
    assert Response(200, headers, b"").media_type == media_type


def test_text_shows_bytes_that_are_not_utf_8_as_replacement_characters() -> None:
    assert Response(200, {}, b"\xc3\xa9\xff").text == "é�"


@pytest.mark.parametrize(("status", "is_error"), [(200, False), (399, False), (400, True)])
def test_a_status_from_400_is_an_error(status: int, *, is_error: bool) -> None:
    assert Response(status, {}, b"").is_error is is_error


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"[]", []),
        (b"null", None),
        ('{"é": 1e3}'.encode(), {"é": 1000.0}),
        (rb'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (rb'"\\ud800"', r"\ud800"),
    ],
)
def test_a_json_body_is_decoded(body: bytes, value: object) -> None:
    assert Response(200, {}, body).json() == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"\xff",
        b"{'a': 1}",
        b"NaN",
        b"[-Infinity]",
        rb'["\ud800"]',
        rb'{"\uDFFF": 1}',
        b"[" * 100000,
        b"9" * 5000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_any_invalid_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Response(200, {}, body).json()
