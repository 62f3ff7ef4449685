"""The contract: one OpenAPI document for each API version that changed List Images.

>>> import muster_openapi
>>> muster_openapi.VERSIONS[0]
'1.23'
>>> muster_openapi.document("1.23")["info"]["title"]
'List Images'
"""

import json
import re
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

__all__ = [
    "NEWEST",
    "OLDEST",
    "SCHEMATHESIS_CONFIG",
    "VERSIONS",
    "Dialect",
    "Form",
    "NoSuchDocument",
    "Shape",
    "UnknownVersion",
    "document",
    "document_version",
    "text",
]

Shape = Literal["served", "client", "fuzz"]
"""The intended use of a document. `served`: for servers and suites. `client`: for client
generators, with boolean parameters and without constraints that make generated programs reject a
response. `fuzz`: the part that Schemathesis can test, with `SCHEMATHESIS_CONFIG`."""

Dialect = Literal["3.0", "3.1"]
"""The version of OpenAPI. There is no 3.1 for `fuzz`."""

Form = Literal["yaml", "json"]

_FILES = resources.files(__name__)


class UnknownVersion(ValueError):  # "Error" would add nothing
    """No document describes this API version."""


class NoSuchDocument(ValueError):
    """No document has this shape in this version of OpenAPI."""


def _key(version: str) -> tuple[int, int]:
    """Return the sort key of an API version: 1.9 is older than 1.23."""
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)", version)
    if match is None:
        raise UnknownVersion(f"{version!r} is not an API version; one looks like 1.23")
    return int(match[1]), int(match[2])


def _documents(folder: Traversable) -> dict[str, Traversable]:
    return {
        file.name.removeprefix("v").removesuffix(".yaml"): file
        for file in folder.iterdir()
        if file.name.startswith("v") and file.name.endswith(".yaml")
    }


# The base is written by hand, so it is not copied to the folder of generated files.
_RENDERED = _FILES / "rendered"
_DOCUMENTS: dict[tuple[Shape, Dialect], dict[str, Traversable]] = {
    ("served", "3.0"): _documents(_FILES) | _documents(_RENDERED),
    ("client", "3.0"): _documents(_RENDERED / "clients"),
    ("fuzz", "3.0"): _documents(_RENDERED / "fuzz"),
    ("served", "3.1"): _documents(_RENDERED / "3.1"),
    ("client", "3.1"): _documents(_RENDERED / "3.1" / "clients"),
}
# The documents that programs load when they start. JSON is read in a hundredth of the time of YAML.
_JSON = _RENDERED / "json"

SCHEMATHESIS_CONFIG = (_FILES / "schemathesis.toml").read_text(encoding="utf-8")
"""The text of the `schemathesis.toml` that goes with documents of the shape `fuzz`."""

VERSIONS: tuple[str, ...] = tuple(sorted(_DOCUMENTS["served", "3.0"], key=_key))
"""The API versions that have a document, oldest first."""

OLDEST = VERSIONS[0]
"""The oldest API version with a document."""

NEWEST = "1.56"
"""The newest API version that the documents are known to describe; it has changed nothing since the
newest document. Later ones may have."""


def document_version(version: str) -> str:
    """Return the version of the document that describes an API version.

    A version without a document of its own changed nothing, so the nearest older one describes it.
    This includes versions later than `NEWEST`, as long as they change nothing.

    Args:
        version: An API version such as ``"1.30"``.

    Returns:
        The one of `VERSIONS` that is equal to it or the nearest below.

    Raises:
        UnknownVersion: If it is older than every document, or not a version.
    """
    wanted = _key(version)
    for candidate in reversed(VERSIONS):
        if _key(candidate) <= wanted:
            return candidate
    raise UnknownVersion(
        f"API version {version} is too old; the oldest with a document is {VERSIONS[0]}"
    )


def text(
    version: str, shape: Shape = "served", form: Form = "yaml", dialect: Dialect = "3.0"
) -> str:
    """Return the document for an API version as text.

    Args:
        version: An API version, as for `document_version`.
        shape: The intended use of the document.
        form: The format. YAML is the file as stored, comments included.
        dialect: The version of OpenAPI.

    Returns:
        The text.

    Raises:
        UnknownVersion: As `document_version` does.
        NoSuchDocument: If there is no document of this shape in this dialect.
    """
    if form == "json":
        return json.dumps(document(version, shape, dialect), indent=2, ensure_ascii=False) + "\n"
    if (shape, dialect) not in _DOCUMENTS:
        raise NoSuchDocument(
            f"there is no document of the shape {shape!r} as OpenAPI {dialect}, only as 3.0"
        )
    return _DOCUMENTS[shape, dialect][document_version(version)].read_text(encoding="utf-8")


def document(version: str, shape: Shape = "served", dialect: Dialect = "3.0") -> dict[str, Any]:
    """Return the document for an API version, parsed.

    Args:
        version: An API version, as for `document_version`.
        shape: The intended use of the document.
        dialect: The version of OpenAPI.

    Returns:
        The document; a new one each time, which the caller may change.

    Raises:
        UnknownVersion: As `document_version` does.
        NoSuchDocument: As `text` does.
    """
    if (shape, dialect) == ("served", "3.0"):
        file = _JSON / f"v{document_version(version)}.json"
        served: dict[str, Any] = json.loads(file.read_bytes())
        return served
    # Slow to import, and not needed to serve or to check a server.
    import yaml  # noqa: PLC0415

    # The C loader is ten times as fast, but PyYAML is not always built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    written = text(version, shape, dialect=dialect)
    parsed: dict[str, Any] = yaml.load(written, Loader=loader)  # noqa: S506  # safe
    return parsed
