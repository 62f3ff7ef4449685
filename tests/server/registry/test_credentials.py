"""The header with credentials is read as Docker reads it."""

import base64

import pytest

from musterd.registry import credentials
from musterd.registry.credentials import NONE, RegistryCredentials


def encoded(text: str, *, padded: bool = True) -> str:
    header = base64.urlsafe_b64encode(text.encode()).decode()
    return header if padded else header.rstrip("=")


@pytest.mark.parametrize("padded", [True, False])
def test_a_header_has_credentials(*, padded: bool) -> None:
    text = '{"username":"a","password":"b","email":"","serveraddress":"x"}'
    found = credentials.decode(encoded(text, padded=padded))
    assert (found.username, found.password) == ("a", "b")


@pytest.mark.parametrize(
    "header",
    ["", "!!", "a", encoded("[]"), encoded("no"), encoded('{"username":1}'), "A" * 70_000, "é"],
)
def test_anything_else_counts_as_none(header: str) -> None:
    assert credentials.decode(header) == NONE


def test_they_do_not_show_in_tracebacks() -> None:
    assert "secret" not in repr(RegistryCredentials(password="secret"))  # noqa: S106


def test_a_body_has_the_same_as_json() -> None:
    found = credentials.of_json(b'{"username":"a"}')
    assert found is not None
    assert found.username == "a"
    assert credentials.of_json(b"no") is None
