"""The request signature HYPER-HMAC-SHA256: parsing and computing it.

The scheme resembles AWS Signature Version 4. Its rules are those of the original client (hypercli,
``signature/sign4.go``), confirmed by recorded requests; `openapi/` describes them. All functions
are pure, and take requests byte for byte as received.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from musterd.errors import UnauthenticatedError
from musterd.http.limits import MAX_HEADERS

ALGORITHM = "HYPER-HMAC-SHA256"
# The headers that every signature must cover.
REQUIRED = ("host", "x-hyper-content-sha256", "x-hyper-date")
# The most headers that a signature may cover.
MAX_SIGNED_HEADERS = 64
# The SHA-256 of an empty body, in hexadecimal digits.
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

_SERVICE = "hyper"
_TERMINATOR = "hyper_request"
# Allow spaces only where clients put them, so that every byte has a meaning.
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +"
    r"Credential=(?P<access_key>[!-+0-~.-]{0,128})"
    r"/(?P<date>[0-9]{8})/(?P<region>[A-Za-z0-9._-]{0,64})"
    rf"/{_SERVICE}/{_TERMINATOR}, *"
    r"SignedHeaders=(?P<headers>[a-z0-9!#$%&'*+.^_`|~;-]{1,4096}), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HASH = re.compile(r"[0-9a-f]{64}")
_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# A name, an address, or an IPv6 address in brackets. Anything else could mean different hosts to
# the client and to a proxy.
_HOST = re.compile(rb"(?:\[[^\[\]]*\]|(?P<name>[^:\[\]]*))(?::(?P<port>[0-9]*))?")
# Ports omitted from the signed host, for any scheme.
_DEFAULT_PORTS = (b"80", b"443")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The signed parts of a request.

    Attributes:
        method: The HTTP method.
        raw_path: The path as in the request line, without the query.
        query: The query as in the request line, without the question mark.
        headers: All headers, with names in lower case.
    """

    method: str
    raw_path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Claim:
    """The content of a request's Authorization header, and of the headers that belong to it.

    Attributes:
        access_key: The access key.
        date: The day for which the signing key was derived: YYYYMMDD.
        region: The region for which the signing key was derived.
        signed_headers: The names of the signed headers.
        signature: 64 hexadecimal digits.
        time: When the request was signed.
        content_hash: The SHA-256 of the signed body, in hexadecimal digits.
    """

    access_key: str
    date: str
    region: str
    signed_headers: tuple[str, ...]
    signature: str
    time: datetime
    content_hash: str


def read(request: SignedRequest) -> Claim:
    """Parse the signature of *request*, without verifying it.

    Raises:
        UnauthenticatedError: The request is not signed, or the signature is malformed.
    """
    if len(request.headers) > MAX_HEADERS:
        raise UnauthenticatedError(
            f"the request has {len(request.headers)} headers; at most {MAX_HEADERS} can be verified"
        )
    text = _only(request, "authorization")
    if text is None:
        raise UnauthenticatedError(f"the request is not signed; sign it with {ALGORITHM}")
    found = _AUTHORIZATION.fullmatch(text)
    if found is None:
        raise UnauthenticatedError(
            f"the Authorization header is not of the form {ALGORITHM} Credential=KEY/DATE/REGION/"
            f"{_SERVICE}/{_TERMINATOR}, SignedHeaders=NAME;NAME, Signature=HEX"
        )
    names = tuple(found["headers"].split(";"))
    _check_coverage(request, names)
    stamp = _only(request, "x-hyper-date") or ""
    time = _time(stamp)
    if found["date"] != stamp[:8]:
        raise UnauthenticatedError("the date in Credential is not that of X-Hyper-Date")
    content_hash = _only(request, "x-hyper-content-sha256") or ""
    if _HASH.fullmatch(content_hash) is None:
        raise UnauthenticatedError(
            "X-Hyper-Content-Sha256 is not a SHA-256 hash in 64 lower-case hexadecimal digits"
        )
    return Claim(
        access_key=found["access_key"],
        date=found["date"],
        region=found["region"],
        signed_headers=names,
        signature=found["signature"],
        time=time,
        content_hash=content_hash,
    )


def canonical_request(request: SignedRequest, claim: Claim) -> bytes:
    """Return the canonical form of *request* that is signed.

    Raises:
        UnauthenticatedError: A signed header is missing or repeated.
    """
    lines = []
    for name in claim.signed_headers:
        value = _octets(request, name)
        if value is None:
            raise UnauthenticatedError(f"the signed header {name} is not there")
        lines.append(name.encode() + b":" + (_host(value) if name == "host" else value) + b"\n")
    return b"\n".join(
        (
            request.method.encode(),
            _path(request.raw_path),
            _query(request.query),
            b"".join(lines),
            ";".join(claim.signed_headers).encode(),
            claim.content_hash.encode(),
        )
    )


def signature(secret_key: str, claim: Claim, canonical: bytes) -> str:
    """Compute the signature of a request with *secret_key*."""
    scope = f"{claim.date}/{claim.region}/{_SERVICE}/{_TERMINATOR}"
    stamp = claim.time.strftime("%Y%m%dT%H%M%SZ")
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = f"HYPER{secret_key}".encode()
    for part in (claim.date, claim.region, _SERVICE, _TERMINATOR, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def is_genuine(secret_key: str, claim: Claim, canonical: bytes) -> bool:
    """Tell in constant time whether *secret_key* signed a request."""
    return hmac.compare_digest(signature(secret_key, claim, canonical), claim.signature)


def _check_coverage(request: SignedRequest, names: Sequence[str]) -> None:
    if len(names) > MAX_SIGNED_HEADERS:
        raise UnauthenticatedError(
            f"SignedHeaders has {len(names)} names; at most {MAX_SIGNED_HEADERS} can be verified"
        )
    if len(set(names)) < len(names):
        raise UnauthenticatedError("SignedHeaders names a header twice")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UnauthenticatedError(f"SignedHeaders must name {', '.join(missing)}")
    present = {name.decode("latin-1") for name, _ in request.headers}
    unsigned = sorted(name for name in present if name.startswith("x-hyper-") and name not in names)
    if unsigned:
        raise UnauthenticatedError(f"SignedHeaders must name {', '.join(unsigned)}, which is sent")


def _time(stamp: str) -> datetime:
    try:
        if _DATE.fullmatch(stamp):
            return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise UnauthenticatedError("X-Hyper-Date is not a valid time; write it like 20260102T030405Z")


def _only(request: SignedRequest, name: str) -> str | None:
    value = _octets(request, name)
    return None if value is None else value.decode("latin-1")


def _octets(request: SignedRequest, name: str) -> bytes | None:
    """Return a header's value without surrounding spaces; None if it is absent."""
    wanted = name.encode()
    values = [value for key, value in request.headers if key == wanted]
    if len(values) > 1:
        # A proxy might have added one of them.
        raise UnauthenticatedError(f"the header {name} is there {len(values)} times")
    return values[0].strip(b" \t") if values else None


def _host(value: bytes) -> bytes:
    found = _HOST.fullmatch(value)
    if found is None:
        raise UnauthenticatedError("Host is not a host with or without a port")
    # The original client splits at the first colon, and so does not change IPv6 addresses.
    return found["name"] if found["name"] and found["port"] in _DEFAULT_PORTS else value


def _path(raw_path: bytes) -> bytes:
    """Decode the path, and encode its segments again without doubled or outer slashes."""
    segments = unquote_to_bytes(raw_path).split(b"/")
    return b"/".join(_encoded(segment) for segment in segments if segment)


def _query(query: bytes) -> bytes:
    """Parse the query as Go does, which drops malformed pairs, and encode it sorted by name."""
    pairs = []
    for text in query.split(b"&"):
        if text and b";" not in text and not _ESCAPE.search(text):
            name, _, value = text.partition(b"=")
            pairs.append((_decoded(name), _decoded(value)))
    pairs.sort(key=lambda pair: pair[0])
    return b"&".join(_encoded(name) + b"=" + _encoded(value) for name, value in pairs)


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


def _encoded(octets: bytes) -> bytes:
    return quote(octets, safe="").encode()
