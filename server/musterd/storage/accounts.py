"""Accounts. Each one has its own catalogue in the store."""

import re

from musterd.errors import AccountError

# The account of requests without credentials, and of commands that name no account.
DEFAULT = "default"

# The key of the request's account in an ASGI scope.
SCOPE_KEY = "musterd.account"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def check(name: str) -> str:
    """Return *name* if it is a valid account name.

    Raises:
        AccountError: It is not valid.
    """
    if _NAME.fullmatch(name) is None:
        raise AccountError(
            f"{name!r} is not an account name; write up to 64 lower-case letters and digits, with "
            "dots, dashes and underscores between them"
        )
    return name
