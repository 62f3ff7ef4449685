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
def test_credential_headers_are_always_redacted(name: str, secret: bool) -> None:
    assert is_secret(name) is secret
    shown = REDACTED if secret else "v"
    assert Redaction().headers([(name, "v")]) == ((name, shown),)


def test_headers_given_by_the_user_are_redacted() -> None:
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
def test_credentials_repeated_by_a_server_are_redacted(text: str, shown: str) -> None:
    redaction = Redaction((("Authorization", "Bearer abcdef"), ("X-Short", "abc")))
    assert redaction.text(text) == shown


def test_secrets_are_redacted_in_every_encoding() -> None:
    redaction = Redaction(secrets=('se"cr/et+', "brief"))
    written = 'plain se"cr/et+ json se\\"cr/et+ url se%22cr%2Fet%2B brief'
    assert redaction.text(written) == f"plain {REDACTED} json {REDACTED} url {REDACTED} brief"


def test_signatures_are_redacted() -> None:
    text = f"SignedHeaders=host, Signature={'0a' * 32}, and more"
    assert Redaction().text(text) == f"SignedHeaders=host, Signature={REDACTED}, and more"
