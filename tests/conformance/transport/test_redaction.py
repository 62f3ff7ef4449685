from __future__ import annotations

import pytest

from muster.transport.redaction import REDACTED, Redaction, is_secret


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("X-Hyper-Date", True),
        ("set-cookie", True),
        ("X-Registry-Auth", True),
        ("Content-Type", False),
    ],
)
def test_some_headers_are_credentials_whoever_sends_them(name: str, secret: bool) -> None:
    assert is_secret(name) is secret
    shown = REDACTED if secret else "v"
    assert Redaction().headers([(name, "v")]) == ((name, shown),)


def test_a_header_that_the_user_gave_is_not_shown() -> None:
    redaction = Redaction((("X-Token", "t"),))
    assert redaction.headers([("x-token", "u"), ("X-Other", "t")]) == (
        ("x-token", REDACTED),
        ("X-Other", "t"),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("you sent Bearer abcdef", f"you sent {REDACTED}"),
        ("token abcdef!", f"token {REDACTED}!"),
        ("nothing", "nothing"),
        ("abc", "abc"),
    ],
)
def test_what_a_server_repeats_of_credentials_is_not_shown(text: str, shown: str) -> None:
    redaction = Redaction((("Authorization", "Bearer abcdef"), ("X-Short", "abc")))
    assert redaction.text(text) == shown


def test_secrets_are_not_shown_however_they_are_written() -> None:
    redaction = Redaction(secrets=('se"cr/et+', "brief"))
    written = 'plain se"cr/et+ json se\\"cr/et+ url se%22cr%2Fet%2B brief'
    assert redaction.text(written) == f"plain {REDACTED} json {REDACTED} url {REDACTED} brief"


def test_signatures_are_not_shown() -> None:
    text = f"SignedHeaders=host, Signature={'0a' * 32}, and more"
    assert Redaction().text(text) == f"SignedHeaders=host, Signature={REDACTED}, and more"
