"""The contract: one OpenAPI document for each API version that changed List Images.

>>> import muster_openapi
>>> muster_openapi.VERSIONS[0]
'1.23'
>>> muster_openapi.document("1.23")["info"]["title"]
'List Images'
"""

import re
from importlib import resources
from typing import Any

import yaml

__all__ = ["VERSIONS", "UnknownVersion", "document", "document_version", "text"]

# The C loader is ten times as fast, but PyYAML is not always built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILES = resources.files(__name__)


class UnknownVersion(ValueError):  # noqa: N818  # "Error" would add nothing
    """No document describes this API version."""


def _key(version: str) -> tuple[int, int]:
    """Gives what API versions are ordered by: 1.9 is older than 1.23."""
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)", version)
    if match is None:
        raise UnknownVersion(f"{version!r} is not an API version; one looks like 1.23")
    return int(match[1]), int(match[2])


VERSIONS: tuple[str, ...] = tuple(
    sorted(
        (
            file.name.removeprefix("v").removesuffix(".yaml")
            for file in _FILES.iterdir()
            if file.name.endswith(".yaml")
        ),
        key=_key,
    )
)
"""The API versions that have a document, oldest first."""


def document_version(version: str) -> str:
    """Names the document that describes an API version.

    A version without a document of its own changed nothing, so the nearest older one describes it.

    Args:
        version: An API version such as ``"1.30"``.

    Returns:
        The one of `VERSIONS` that is equal to it or the nearest below.

    Raises:
        UnknownVersion: It is older than every document, or no version at all.
    """
    wanted = _key(version)
    for candidate in reversed(VERSIONS):
        if _key(candidate) <= wanted:
            return candidate
    raise UnknownVersion(
        f"API version {version} is too old; the oldest with a document is {VERSIONS[0]}"
    )


def text(version: str) -> str:
    """Gives the document for an API version as it was written, in YAML.

    Args:
        version: An API version, as `document_version` takes it.

    Returns:
        The text, comments included.

    Raises:
        UnknownVersion: See `document_version`.
    """
    return (_FILES / f"v{document_version(version)}.yaml").read_text(encoding="utf-8")


def document(version: str) -> dict[str, Any]:
    """Gives the document for an API version, parsed.

    Args:
        version: An API version, as `document_version` takes it.

    Returns:
        The document; a new one each time, which the caller may change.

    Raises:
        UnknownVersion: See `document_version`.
    """
    parsed: dict[str, Any] = yaml.load(text(version), Loader=_LOADER)  # noqa: S506  # a safe loader
    return parsed
