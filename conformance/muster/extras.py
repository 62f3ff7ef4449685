"""Advice for users who lack packages that muster needs.

The distribution installs no packages unless one of its extras is named, because the server is of
use without those of the suite.
"""

from __future__ import annotations

OWN_PACKAGES = frozenset({"muster", "muster_openapi"})


def advice(error: ImportError, extra: str) -> str:
    """Return a line that says what is missing, and how to install it.

    Args:
        error: The failed import.
        extra: The extra that installs the module.

    Raises:
        ImportError: The module is part of muster, which no extra mends.
    """
    package, _, module = (error.name or "").partition(".")
    if package in OWN_PACKAGES:
        raise error
    install = f"run pip install 'passmuster[{extra}]'"
    if module or not isinstance(error, ModuleNotFoundError):
        return f"the installed release of the Python package {package} does not fit; {install}"
    return f"the Python package {package} is not installed; {install}"
