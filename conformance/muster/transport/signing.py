"""Signs requests with HYPER-HMAC-SHA256, Hyper's variant of AWS Signature Version 4.

The rules are those of the original client (hypercli, `signature/sign4.go`), confirmed by requests
recorded from it. This implementation derives from these alone; the reference server has its own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote_from_bytes, unquote_to_bytes

from muster.model.forgery import GENUINE, Forgery

ALGORITHM = "HYPER-HMAC-SHA256"
SERVICE, TERMINATOR = "hyper", "hyper_request"
DEFAULT_REGION = "us-west-1"
PREFIX = "x-hyper-"
CONTENT_HASH, DATE = "X-Hyper-Content-Sha256", "X-Hyper-Date"

BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys to sign requests with.

    Attributes:
        access_key: Identifies the signer; not secret.
        secret_key: Authenticates the signer.
        region: The region that signatures are valid for.
    """

    access_key: str
    secret_key: str = field(repr=False)
    region: str = DEFAULT_REGION


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request before it is signed.

    Attributes:
        method: The HTTP method.
        target: The full request target, as sent.
        headers: Names and values, Host among them.
        body: The bytes of the body.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""


def signed(
    request: Unsigned, credentials: Credentials, moment: datetime, forgery: Forgery = GENUINE
) -> Headers:
    """Return the headers of *request*, including its signature.

    Args:
        request: The request to send. If *forgery* names another target, that is a full one too.
        credentials: The signer's keys.
        moment: The time of signing, in UTC.
        forgery: Deliberate errors.
    """
    date = (moment + timedelta(seconds=forgery.seconds)).strftime("%Y%m%dT%H%M%SZ")
    body = request.body if forgery.body is None else forgery.body
    content_hash = hashlib.sha256(body).hexdigest()
    headers = [*request.headers]
    if all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    headers += [(CONTENT_HASH, content_hash), (DATE, date)]
    names = covered(headers) if forgery.covered is None else forgery.covered
    canonical = canonical_request(
        forgery.signed_method or request.method,
        forgery.signed_target or request.target,
        headers,
        names,
        content_hash,
    )
    region, service = forgery.region or credentials.region, forgery.service or SERVICE
    scope = f"{date[:8]}/{region}/{service}/{TERMINATOR}"
    signature = _signature(forgery.secret_key or credentials.secret_key, date, scope, canonical)
    authorization = (
        f"{ALGORITHM} Credential={forgery.access_key or credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    altered = {"content-type": forgery.content_type, CONTENT_HASH.lower(): forgery.content_hash}
    sent = [(name, altered.get(name.lower()) or value) for name, value in headers]
    return (*sent, ("Authorization", authorization))


def covered(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names of those of *headers* that a signature covers, in its order."""
    names = {name.lower() for name, _ in headers}
    always = names & {"content-md5", "content-type", "host"}
    return tuple(sorted(always | {name for name in names if name.startswith(PREFIX)}))


def canonical_request(
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    names: Sequence[str],
    content_hash: str,
) -> str:
    """Return the canonical form of a request that its signature covers.

    Args:
        method: The HTTP method.
        target: The full request target.
        headers: Names and values of the headers.
        names: The covered ones, in lower case.
        content_hash: SHA-256 of the body, in hexadecimal digits.
    """
    path, _, query = target.partition("?")
    values = {name.lower(): value.strip(" \t") for name, value in headers}
    values["host"] = _host(values["host"])
    lines = "".join(f"{name}:{values[name]}\n" for name in names)
    return "\n".join((method, _path(path), _query(query), lines, ";".join(names), content_hash))


def _signature(secret_key: str, date: str, scope: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    key = f"HYPER{secret_key}".encode()
    for part in (*scope.split("/"), f"{ALGORITHM}\n{date}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _host(value: str) -> str:
    """Remove port 80 or 443, for HTTP and HTTPS alike; any other port is signed."""
    name, *rest = value.split(":")
    return name if rest and rest[0] in ("80", "443") else value


def _path(path: str) -> str:
    segments = unquote_to_bytes(path.encode("latin-1")).split(b"/")
    return "/".join(_encoded(segment) for segment in segments if segment)


def _query(query: str) -> str:
    """Parse as Go does, which drops what it cannot read; sort by name alone."""
    pairs: list[tuple[bytes, bytes]] = []
    for text in query.encode("latin-1").split(b"&"):
        if text and b";" not in text and not BAD_ESCAPE.search(text):
            name, _, value = text.replace(b"+", b" ").partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    pairs.sort(key=lambda pair: pair[0])
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(octets: bytes) -> str:
    return quote_from_bytes(octets, safe="")
