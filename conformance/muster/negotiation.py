"""Finds out, before anything is judged, whether the target can be checked at an API version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from muster.errors import Unreachable, UsageError, VersionRefused
from muster.exchange import Request
from muster.image import shorten
from muster.query import PATH
from muster.runner import Sender
from muster.target import Target

IDENTITY = ("Version", "ApiVersion", "MinAPIVersion", "Os", "Arch")
REFUSAL = re.compile(
    r"too old|too new|newer than server|minimum supported|maximum supported", re.IGNORECASE
)


def choose_version(asked: str | None, target: Target, known: tuple[str, ...]) -> str:
    """The API version to check.

    Args:
        asked: the version that the user named, if any.
        target: the server, whose address may name one as well.
        known: the versions that have a document, oldest first.

    Raises:
        UsageError: if there is no document of the version, or the two contradict each other.
    """
    if asked and target.version and asked != target.version:
        raise UsageError(
            f"--api-version says {asked}, the target's address {target.version}: leave out one"
        )
    version = asked or target.version or known[-1]
    if version not in known:
        raise UsageError(
            f"there is no document of API version {version}: this release has {', '.join(known)}"
        )
    return version


def probe(sender: Sender, target: Target, version: str) -> dict[str, str]:
    """Ask the target for a listing and for what it is.

    Returns:
        What the target says of itself at `/version`; empty if it does not say.

    Raises:
        Unreachable: if no answer comes.
        VersionRefused: if the target says that it does not serve *version*.
    """
    exchange = sender.send(Request(PATH))
    if exchange.response is None:
        raise Unreachable(
            f"no answer from {target}: {exchange.trouble}. "
            "Is the server running, and is this its address?"
        )
    if exchange.response.status == 400 and REFUSAL.search(exchange.response.text):  # noqa: PLR2004
        raise VersionRefused(
            f"{target} does not serve API version {version}: {shorten(exchange.response.text)}"
        )
    return _identity(sender)


def _identity(sender: Sender) -> dict[str, str]:
    response = sender.send(Request("/version")).response
    if response is None or response.is_error:
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    if not isinstance(body, Mapping):
        return {}
    identity = {name: str(body[name]) for name in IDENTITY if body.get(name)}
    engine = _engine(body)
    return ({"Name": engine} if engine else {}) | identity


def _engine(body: Mapping[str, Any]) -> str:
    """The name of the first component; Docker and podman name their engine there."""
    components = body.get("Components")
    first = components[0] if isinstance(components, list) and components else None
    name = first.get("Name") if isinstance(first, Mapping) else None
    return name if isinstance(name, str) else ""
