"""Where musterd keeps the user's files, by the XDG Base Directory Specification."""

import os
from pathlib import Path

from musterd.errors import MusterdError


def data_directory() -> Path:
    """Return the directory of the catalogue.

    Raises:
        MusterdError: The user has no home directory.
    """
    return _directory("XDG_DATA_HOME", ".local/share")


def config_directory() -> Path:
    """Return the directory of the credentials.

    Raises:
        MusterdError: The user has no home directory.
    """
    return _directory("XDG_CONFIG_HOME", ".config")


def _directory(variable: str, default: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    # A relative path is invalid and must be ignored.
    if named.is_absolute():
        return named / "musterd"
    try:
        return Path.home() / default / "musterd"
    except RuntimeError:
        raise MusterdError(
            f"this user has no home directory for musterd's files; set HOME or {variable}"
        ) from None
