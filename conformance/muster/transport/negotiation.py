"""Finds out, before anything is judged, what the target is and which API versions it offers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from muster.errors import AccessRefused, Unreachable, UsageError, VersionRefused
from muster.model.exchange import Request, Sender
from muster.model.image import shorten
from muster.model.query import PATH
from muster.model.version import NEWEST, SUPPORTED_VERSIONS, ApiVersion
from muster.transport.target import Target

ALL = "all"
"""What the user writes for every version that the target offers."""

NOT_LET_IN = frozenset({401, 403, 407})
"""Statuses of servers and proxies that want to know who asks."""

IDENTITY = ("Version", "ApiVersion", "MinAPIVersion", "Os", "Arch")
REFUSAL = re.compile(
    r"too old|too new|newer than server|minimum supported|maximum supported", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a target says of itself.

    Attributes:
        server: members of its answer to `/version`; `Name` is that of its engine.
        newest: the newest API version that it says it serves, if it says so.
        oldest: the oldest one, if it says so.
    """

    server: Mapping[str, str] = field(default_factory=dict)
    newest: ApiVersion | None = None
    oldest: ApiVersion | None = None


def ask(sender: Sender, target: Target) -> Offer:
    """Ask the target what it is and which versions it serves.

    Raises:
        Unreachable: if no answer comes.
    """
    ping = sender.send(Request("/_ping", version=""))
    if ping.response is None:
        raise Unreachable(
            f"no answer from {target}: {ping.error}. "
            "Is the server running, and is this its address?"
        )
    server = _identity(sender)
    told = ping.response.headers.get("api-version") or server.get("ApiVersion", "")
    return Offer(server, _version(told), _version(server.get("MinAPIVersion", "")))


def choose(
    asked: str | None,
    target: Target,
    offer: Offer,
    known: Sequence[ApiVersion] = SUPPORTED_VERSIONS,
    newest: ApiVersion = NEWEST,
) -> list[ApiVersion]:
    """The API versions to check, oldest first.

    Args:
        asked: what the user named: a version, `all`, or nothing.
        target: the server, whose address may name a version as well.
        offer: what the server says that it serves.
        known: the versions that have a document, oldest first.
        newest: the newest version that the newest document describes.

    Returns:
        One version; for `all` those of *known* that the server offers. Where nothing is named it
        is the newest that both sides know, and the oldest if the server does not say.

    Raises:
        UsageError: if what is named is no version or has no document, or contradicts the address.
    """
    if asked and target.version and asked != target.version:
        raise UsageError(
            f"--api-version says {asked}, the target's address {target.version}: leave out one"
        )
    if asked == ALL:
        return _offered(offer, known)
    named = asked or target.version
    if named is None:
        return [max(known[0], min(offer.newest or known[0], newest))]
    version = ApiVersion.parse(named)
    if not known[0] <= version <= newest:
        raise UsageError(
            f"there is no document of API version {version}: this release knows "
            f"{known[0]} to {newest}"
        )
    return [version]


def validate(asked: str | None, target: Target) -> None:
    """Find out, before the server is asked, whether *asked* makes no sense.

    Raises:
        UsageError: as `choose` does.
    """
    choose(asked, target, Offer())


def _offered(offer: Offer, known: Sequence[ApiVersion]) -> list[ApiVersion]:
    oldest, newest = offer.oldest or known[0], offer.newest or known[0]
    offered = [version for version in known if oldest <= version <= newest]
    if not offered:
        raise UsageError(
            f"the server says that it serves {oldest} to {newest}, of which this release has no "
            "document: name a version"
        )
    return offered


def probe(sender: Sender, target: Target, version: ApiVersion) -> None:
    """Ask the target for a listing at *version*.

    Raises:
        Unreachable: if no answer comes.
        VersionRefused: if the target says that it does not serve *version*.
        AccessRefused: if it does not let the suite in.
    """
    exchange = sender.send(Request(PATH))
    response = exchange.response
    if response is None:
        raise Unreachable(f"no answer from {target} to List Images: {exchange.error}")
    if response.status in NOT_LET_IN:
        raise AccessRefused(
            f"{target} does not let muster in. Sign with --hyper-credentials, or send what it "
            f"asks for with --header or --tls-cert. It answered with status {response.status}: "
            f"{shorten(response.text)}"
        )
    if response.status == 400 and REFUSAL.search(response.text):  # noqa: PLR2004
        raise VersionRefused(
            f"{target} does not serve API version {version}: {shorten(response.text)}"
        )


def _version(text: str) -> ApiVersion | None:
    try:
        return ApiVersion.parse(text)
    except UsageError:
        return None


def _identity(sender: Sender) -> dict[str, str]:
    response = sender.send(Request("/version", version="")).response
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
