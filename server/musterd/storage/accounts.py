"""Accounts: each has a catalogue of its own in the store."""

import re

from musterd.errors import AccountError

#: The account of requests without credentials, and of commands that name none.
DEFAULT = "default"

#: The key of an ASGI scope under which the account of a request stands.
SCOPE_KEY = "musterd.account"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def check(name: str) -> str:
    """Return *name* if an account can have it.

    Raises:
        AccountError: It cannot.
    """
    if _NAME.fullmatch(name) is None:
        raise AccountError(
            f"{name!r} is no name of an account; write up to 64 small letters and digits, with "
            "dots, dashes and underscores between them"
        )
    return name
