"""Advice for users who lack packages that musterd needs.

The distribution installs no packages unless one of its extras is named, because the suite is of use
without those of the server.
"""

OWN_PACKAGES = frozenset({"musterd", "muster_openapi"})


def advice(error: ModuleNotFoundError, extra: str) -> str:
    """Return a line that says what is missing, and how to install it.

    Args:
        error: The failed import.
        extra: The extra that installs the module.

    Raises:
        ModuleNotFoundError: The module is part of musterd, which no extra mends.
    """
    name = (error.name or "").partition(".")[0]
    if name in OWN_PACKAGES:
        raise error
    return f"the Python package {name} is not installed; run pip install 'passmuster[{extra}]'"
