"""Signatures of the original client: its recorded requests, intact and modified."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools
import pytest

from musterd.access import signature
from musterd.access.signature import SignedRequest
from musterd.errors import UnauthenticatedError
from tests.server.support.signing import RECORDED, SECRET_KEY, Key

REQUESTS = {each["name"]: each for each in RECORDED["requests"]}


def request(recorded: dict[str, Any], **changes: Any) -> SignedRequest:
    """Return a recorded request as the server receives it."""
    path, _, query = changes.get("target", recorded["target"].encode()).partition(b"?")
    headers = changes.get("headers", [[k, v.encode()] for k, v in recorded["headers"]])
    return SignedRequest(
        changes.get("method", recorded["method"]),
        path,
        query,
        [(name.lower().encode(), value) for name, value in headers],
    )


def is_accepted(asked: SignedRequest) -> bool:
    try:
        claim = signature.read(asked)
        canonical = signature.canonical_request(asked, claim)
    except UnauthenticatedError:
        return False
    # An access key or a region that changes belongs to another secret, or to another server.
    return (
        claim.access_key == RECORDED["access_key"]
        and claim.region in ("us-west-1", "eu-central-1", "")
        and signature.is_genuine(SECRET_KEY, claim, canonical)
    )


@pytest.mark.parametrize("name", REQUESTS)
def test_a_recorded_signature_verifies(name: str) -> None:
    recorded = REQUESTS[name]
    asked = request(recorded)
    claim = signature.read(asked)
    canonical = signature.canonical_request(asked, claim)
    assert canonical.decode() == recorded["canonical_request"]
    assert claim.region == recorded["region"]
    assert claim.content_hash == hashlib.sha256(recorded["body"].encode()).hexdigest()
    assert signature.is_genuine(SECRET_KEY, claim, canonical)
    assert not signature.is_genuine(SECRET_KEY + "x", claim, canonical)


def others(octet: int) -> list[int]:
    """Return substitutes for an octet: its neighbour, its other case, and special characters."""
    wanted = {octet ^ 1, octet ^ 0x20, *b"%&=+;/:,. 0aZ~\t"}
    return sorted(wanted - {octet, *b"\r\n\0"})


def changed(text: bytes) -> list[bytes]:
    return [
        text[:place] + bytes([other]) + text[place + 1 :]
        for place, octet in enumerate(text)
        for other in others(octet)
    ]


def means_the_same(recorded: dict[str, Any], target: bytes) -> bool:
    """Tell whether a changed target is another spelling of the same one.

    %2B and %2b are. And what Go cannot read of a query is in no signature: test_access.py shows
    that a request with any such thing is refused nevertheless.
    """
    pairs = target.partition(b"?")[2].split(b"&")
    if any(b";" in pair or re.search(rb"%(?![0-9A-Fa-f]{2})", pair) for pair in pairs):
        return ";" in recorded["target"]
    # A space ends the target in HTTP.
    return b" " in target or target.upper() == recorded["target"].encode().upper()


@pytest.mark.parametrize("name", REQUESTS)
def test_changing_any_octet_of_the_target_breaks_the_signature(name: str) -> None:
    recorded = REQUESTS[name]
    found = [
        target
        for target in changed(recorded["target"].encode())
        if target.startswith(b"/")
        and is_accepted(request(recorded, target=target))
        and not means_the_same(recorded, target)
    ]
    assert found == []


@pytest.mark.parametrize("name", REQUESTS)
def test_changing_any_octet_of_a_signed_header_breaks_the_signature(name: str) -> None:
    recorded = REQUESTS[name]
    headers = [[key, value.encode()] for key, value in recorded["headers"]]
    [authorization] = [value for key, value in headers if key == "Authorization"]
    names = authorization.partition(b"SignedHeaders=")[2].partition(b",")[0].decode().split(";")
    tried, found = 0, []
    for number, (key, value) in enumerate(headers):
        if key.lower() not in (*names, "authorization"):
            continue
        for other in changed(value):
            tried += 1
            asked = request(
                recorded, headers=[*headers[:number], [key, other], *headers[number + 1 :]]
            )
            # Spaces around a value do not belong to it.
            if other.strip() != value and is_accepted(asked):
                found.append((key, other))
    assert tried > 3000
    assert found == []


@pytest.mark.parametrize("name", REQUESTS)
def test_another_method_or_a_missing_header_breaks_the_signature(name: str) -> None:
    recorded = REQUESTS[name]
    headers = [[key, value.encode()] for key, value in recorded["headers"]]
    signed = recorded["canonical_request"].splitlines()[-2].split(";")
    for method in ("HEAD", "POST", "DELETE", "get", "OPTIONS"):
        if method != recorded["method"]:
            assert not is_accepted(request(recorded, method=method))
    for number, (key, value) in enumerate(headers):
        without = headers[:number] + headers[number + 1 :]
        needed = key.lower() in (*signed, "authorization")
        assert is_accepted(request(recorded, headers=without)) is not needed
        if needed:
            assert not is_accepted(request(recorded, headers=[*headers, [key, value]]))


@dataclass
class Parsed:
    """A request as the server's parser reads it; `is_whole` if it got to its end."""

    target: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False

    def on_url(self, piece: bytes) -> None:
        self.target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.is_whole = True


def parsed(octets: bytes) -> tuple[SignedRequest, bytes] | None:
    """Parse octets on the wire into a request and its body; None if they are no request."""
    result = Parsed()
    parser = httptools.HttpRequestParser(result)
    try:
        parser.feed_data(octets)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    if not result.is_whole:
        return None
    path, _, query = result.target.partition(b"?")
    method = parser.get_method().decode()
    return SignedRequest(method, path, query, result.headers), result.body


def on_the_wire(recorded: dict[str, Any]) -> bytes:
    pairs = dict(recorded["headers"])
    if recorded["body"]:
        pairs["Content-Length"] = str(len(recorded["body"]))
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs.items())
    text = f"{recorded['method']} {recorded['target']} HTTP/1.1\r\n{lines}\r\n{recorded['body']}"
    return text.encode()


def signed_content(asked: SignedRequest, body: bytes, names: Sequence[str]) -> tuple[Any, ...]:
    """All of a request that its signature protects; slashes between parts of a path count once."""
    path = [part for part in unquote_to_bytes(asked.raw_path).split(b"/") if part]
    headers = {name.decode("latin-1"): value.strip(b" \t") for name, value in asked.headers}
    values = [headers.get(name) for name in (*names, "authorization")]
    return asked.method, path, asked.query.upper(), values, body


@pytest.mark.parametrize("name", REQUESTS)
def test_only_insignificant_octets_of_a_request_can_change(name: str) -> None:
    """An accepted modified request has the same meaning: only unsigned parts may change."""
    recorded = REQUESTS[name]
    octets = on_the_wire(recorded)
    whole = parsed(octets)
    assert whole is not None
    names = signature.read(whole[0]).signed_headers
    refused = 0
    for changed_octets in changed(octets):
        result = parsed(changed_octets)
        asked, body = result or (None, b"")
        if (
            asked is None
            or not is_accepted(asked)
            or hashlib.sha256(body).hexdigest() != signature.read(asked).content_hash
        ):
            refused += 1
        elif not means_the_same(recorded, asked.raw_path + b"?" + asked.query):
            assert signed_content(asked, body, names) == signed_content(*whole, names)
    assert refused > 3000


SPELLINGS = [
    (
        "/v1.23/images/json",
        ["/v1.23//images/json/", "/v1.23/images%2Fjson", "/%761.23/images/json"],
    ),
    ("/images/json?a=1&b=2", ["/images/json?b=2&a=1", "/images/json?&a=1&&b=2&"]),
    (
        "/images/json?a=%20",
        ["/images/json?a=+", "/images/json?a=%20&c;d", "/images/json?a=+&x=%zz"],
    ),
    ("/images/json?a=", ["/images/json?a"]),
    ("/images/json", ["/images/json?", "/images/json?%&;"]),
    ("/images/json?a=%C3%A9&a=%FF", ["/images/json?a=é&a=%ff"]),
]


@pytest.mark.parametrize(("target", "same"), SPELLINGS)
def test_targets_that_go_parses_alike_have_the_same_signature(target: str, same: list[str]) -> None:
    recorded = REQUESTS["plain"]

    def canonical(text: str) -> bytes:
        asked = request(recorded, target=text.encode())
        return signature.canonical_request(asked, signature.read(asked))

    assert {canonical(each) for each in same} == {canonical(target)}


@pytest.mark.parametrize(
    ("host", "signed"),
    [
        ("h", "h"),
        ("h:80", "h"),
        ("h:443", "h"),
        ("h:8080", "h:8080"),
        ("h:080", "h:080"),
        ("[::1]:80", "[::1]:80"),
        ("[80:80]:1", "[80:80]:1"),
    ],
)
def test_a_default_port_is_removed_from_the_signed_host(host: str, signed: str) -> None:
    headers = Key().sign("/", host=signed)
    asked = SignedRequest(
        "GET", b"/", b"", [(k.encode(), v.encode()) for k, v in {**headers, "host": host}.items()]
    )
    claim = signature.read(asked)
    canonical = signature.canonical_request(asked, claim)
    assert f"\nhost:{signed}\n".encode() in canonical
    assert signature.is_genuine(SECRET_KEY, claim, canonical) is True


def refused(change: dict[str, str | None], **more: Any) -> str:
    headers = Key().sign("/images/json", **more) | change
    pairs = [
        (name.encode(), value.encode()) for name, value in headers.items() if value is not None
    ]
    asked = SignedRequest("GET", b"/images/json", b"", pairs)
    with pytest.raises(UnauthenticatedError) as error:
        signature.canonical_request(asked, signature.read(asked))
    return str(error.value)


class TestErrorMessages:
    def test_a_missing_signature_is_reported(self) -> None:
        assert refused({"authorization": None}).startswith("the request is not signed; sign it")

    @pytest.mark.parametrize(
        "text",
        [
            "Basic dTpw",
            "HYPER-HMAC-SHA256",
            "HYPER-HMAC-SHA256 Credential=a/20260102/r/hyper/hyper_request",
        ],
    )
    def test_a_malformed_authorization_header_is_reported(self, text: str) -> None:
        assert "is not of the form HYPER-HMAC-SHA256 Credential=" in refused(
            {"authorization": text}
        )

    @pytest.mark.parametrize(
        ("part", "other"),
        [
            ("HYPER", "AWS4"),
            ("/hyper/", "/s3/"),
            ("hyper_request", "aws4_request"),
            ("host", "Host"),
            ("Signature=", "Signature=A"),
            ("Signature=", "Signature=a"),
            (", ", ",\t"),
            ("us-west-1", "us/west"),
        ],
    )
    def test_a_foreign_credential_scope_is_reported(self, part: str, other: str) -> None:
        text = Key().sign("/images/json")["authorization"]
        message = refused({"authorization": text.replace(part, other, 1)})
        assert "is not of the form HYPER-HMAC-SHA256 Credential=" in message

    @pytest.mark.parametrize("name", signature.REQUIRED)
    def test_a_required_header_left_unsigned_is_reported(self, name: str) -> None:
        signed = [each for each in signature.REQUIRED if each != name]
        assert refused({}, signed=signed) == f"SignedHeaders must name {name}"

    def test_an_unsigned_hyper_header_is_reported(self) -> None:
        message = "SignedHeaders must name x-hyper-new, which is sent"
        assert refused({"x-hyper-new": "1"}) == message

    def test_a_signed_header_that_is_missing_is_reported(self) -> None:
        assert refused({"content-type": None}) == "the signed header content-type is not there"

    @pytest.mark.parametrize("text", ["20260102T030405", "20260132T030405Z", "now", ""])
    def test_an_invalid_date_is_reported(self, text: str) -> None:
        assert refused({"x-hyper-date": text}).startswith(
            "X-Hyper-Date is not a valid time; write it like"
        )

    def test_a_credential_of_another_day_is_reported(self) -> None:
        message = refused({"x-hyper-date": "20260103T030405Z"})
        assert message == "the date in Credential is not that of X-Hyper-Date"

    @pytest.mark.parametrize("text", ["UNSIGNED-PAYLOAD", "", "E" * 64, "0" * 63])
    def test_an_invalid_content_hash_is_reported(self, text: str) -> None:
        message = refused({"x-hyper-content-sha256": text})
        assert message.startswith("X-Hyper-Content-Sha256 is not a SHA-256 hash")


def test_two_spaces_after_the_algorithm_are_accepted() -> None:
    recorded = REQUESTS["plain"]
    headers = [
        [key, value.replace("SHA256 C", "SHA256  C").encode()] for key, value in recorded["headers"]
    ]
    assert is_accepted(request(recorded, headers=headers))


def signed(headers: Sequence[tuple[str, str]], names: Sequence[str]) -> SignedRequest:
    """Return a request with SignedHeaders and a meaningless signature."""
    required = {"host": "x", "x-hyper-content-sha256": "0" * 64, "x-hyper-date": "20260102T030405Z"}
    authorization = (
        f"{signature.ALGORITHM} Credential=AK/20260102/r/hyper/hyper_request, "
        f"SignedHeaders={';'.join((*required, *names))}, Signature={'0' * 64}"
    )
    pairs = [*required.items(), *headers, ("authorization", authorization)]
    return SignedRequest("GET", b"/", b"", [(k.encode(), v.encode()) for k, v in pairs])


def test_a_request_may_have_200_headers_and_sign_64() -> None:
    headers = [(f"a{number}", "b") for number in range(196)]
    request = signed(headers, [name for name, _ in headers[:61]])
    assert len(request.headers) == 200
    claim = signature.read(request)
    assert len(claim.signed_headers) == 64
    assert signature.canonical_request(request, claim)


@pytest.mark.parametrize(
    ("count", "names", "problem"),
    [
        (197, 0, "the request has 201 headers; at most 200 can be verified"),
        (64_000, 0, "the request has 64004 headers; at most 200 can be verified"),
        (100, 62, "SignedHeaders has 65 names; at most 64 can be verified"),
    ],
)
def test_more_headers_than_the_limits_are_refused(count: int, names: int, problem: str) -> None:
    headers = [(f"a{number}", "b") for number in range(count)]
    request = signed(headers, [name for name, _ in headers[:names]])
    with pytest.raises(UnauthenticatedError, match=f"^{problem}$"):
        signature.read(request)


def test_a_header_signed_twice_is_refused() -> None:
    with pytest.raises(UnauthenticatedError, match=r"^SignedHeaders names a header twice$"):
        signature.read(signed([("a", "b")], ["a", "a"]))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:80:evil.example", "x:80:", "x:80@y", "[::1]x", "[::1]:80:1", "a]b", "::1"]
)
def test_an_ambiguous_host_is_refused(host: str) -> None:
    request = signed([], [])
    pairs = [(k, host.encode() if k == b"host" else v) for k, v in request.headers]
    request = SignedRequest("GET", b"/", b"", pairs)
    with pytest.raises(UnauthenticatedError, match=r"^Host is not a host with or without a port$"):
        signature.canonical_request(request, signature.read(request))
