"""Finds out what the target is and which API versions it offers, before any check runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from muster.errors import AccessRefused, NoEngine, Unreachable, UsageError, VersionRefused
from muster.model.exchange import Request, Response, Sender
from muster.model.image import NotAListing, listing, shorten
from muster.model.query import PATH
from muster.model.version import NEWEST, SUPPORTED_VERSIONS, ApiVersion
from muster.transport.connection import speaks_tls
from muster.transport.reasons import CLOSED
from muster.transport.target import Target

PING = Request("/_ping", version="")
OK = 200

ALL = "all"
"""The user's word for every version that the target offers."""

NOT_LET_IN = frozenset({401, 403, 407})
"""Statuses of servers and proxies that require credentials."""

IDENTITY = ("Version", "ApiVersion", "MinAPIVersion", "Os", "Arch")
TLS_WANTED = re.compile(r"HTTP request (was sent )?to (an )?HTTPS", re.IGNORECASE)
"""Responses of servers in Go, nginx and Apache to plain HTTP on a TLS port."""

REFUSAL = re.compile(
    r"too old|too new|newer than server|minimum supported|maximum supported", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a target reports about itself.

    Attributes:
        server: Members of its response to `/version`; `Name` is the engine's name.
        newest: The newest API version that it claims to serve, if reported.
        oldest: The oldest one, if reported.
    """

    server: Mapping[str, str] = field(default_factory=dict)
    newest: ApiVersion | None = None
    oldest: ApiVersion | None = None


def ask(sender: Sender, target: Target) -> Offer:
    """Ask the target what it is and which versions it serves.

    Raises:
        Unreachable: If no response comes.
        NoEngine: If what responds is something else, e.g. a web server.
    """
    exchange = sender.send(PING)
    ping = exchange.response
    if ping is None:
        raise Unreachable(f"no response from {target}: {_advised(exchange.error, target)}")
    if TLS_WANTED.search(ping.text):
        raise Unreachable(
            f"{target} speaks TLS, and was asked without: write https://{target.authority}"
        )
    server = _identity(sender)
    told = ping.headers.get("api-version") or server.get("ApiVersion", "")
    if not _is_ping(ping) and "ApiVersion" not in server:
        _require_engine(sender, target, ping)
    return Offer(server, _version(told), _version(server.get("MinAPIVersion", "")))


def _advised(error: str, target: Target) -> str:
    """Return *error*, which says why *target* does not respond, with advice for the user."""
    if error == CLOSED and speaks_tls(target):
        return f"the server speaks TLS: write https://{target.authority}."
    if error.endswith("."):
        return error
    return f"{error}. Is the server running, and is this its address?"


def _require_engine(sender: Sender, target: Target, ping: Response) -> None:
    """Check whether a server that does not identify itself can be an engine.

    Raises:
        NoEngine: If neither its ping nor its listing looks like an engine's.
    """
    response = sender.send(Request(PATH)).response
    if response is not None:
        # Access and version errors are handled later.
        if response.status in NOT_LET_IN or REFUSAL.search(response.text):
            return
        try:
            listing(response)
        except NotAListing:
            pass
        else:
            return
    raise NoEngine(
        f"{target} answers, but does not look like a Docker engine: it responds to /_ping with "
        f"{_in_short(ping)}, and to List Images with {_in_short(response)}. "
        "Is this the address of the engine's API?"
    )


def _is_ping(response: Response) -> bool:
    """Whether *response* looks like an engine's response to a ping."""
    return response.status == OK and ("api-version" in response.headers or response.text == "OK")


def _in_short(response: Response | None) -> str:
    if response is None:
        return "nothing"
    return f"status {response.status} and {response.media_type or 'no content type'}"


def choose(
    asked: str | None,
    target: Target,
    offer: Offer,
    known: Sequence[ApiVersion] = SUPPORTED_VERSIONS,
    newest: ApiVersion = NEWEST,
) -> list[ApiVersion]:
    """Return the API versions to check, oldest first.

    Args:
        asked: What the user requested: a version, `all`, or nothing.
        target: The server, whose address may also name a version.
        offer: What the server claims to serve.
        known: The versions that have a document, oldest first.
        newest: The newest version that the newest document describes.

    Returns:
        One version; for `all` those of *known* that the server offers. If the user requests
        nothing, the newest version that both sides know, or the oldest if the server does not say.

    Raises:
        UsageError: If the request is not a version, has no document, or contradicts the address.
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
    """Reject an invalid *asked* before sending any request.

    Raises:
        UsageError: As `choose` does.
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
    """Request a listing from the target at *version*.

    Raises:
        Unreachable: If there is no response.
        VersionRefused: If the target says that it does not serve *version*.
        AccessRefused: If it requires other credentials.
    """
    exchange = sender.send(Request(PATH))
    response = exchange.response
    if response is None:
        # If the server answers a ping, the checks report the missing response.
        if sender.send(PING).response is None:
            raise Unreachable(f"no response from {target} to List Images: {exchange.error}")
        return
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
    """Return the name of the first component, which for Docker and podman is the engine."""
    components = body.get("Components")
    first = components[0] if isinstance(components, list) and components else None
    name = first.get("Name") if isinstance(first, Mapping) else None
    return name if isinstance(name, str) else ""
