"""Request signatures: the contract's rules suffice to reproduce its example.

The functions below implement the rules `signature.*` and nothing else.
"""

import hashlib
import hmac
import json
import re
from pathlib import Path
from string import ascii_letters, digits
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

import muster_openapi

RECORDED = json.loads(
    (Path(__file__).parents[1] / "server" / "data" / "signatures.json").read_text(encoding="utf-8")
)
REQUESTS = {each["name"]: each for each in RECORDED["requests"]}
SIGNED = [{"HyperSignature": [], "HyperDate": [], "HyperContentSha256": []}, {}]
UNRESERVED = (ascii_letters + digits + "-._~").encode()


def encode(octets: bytes) -> str:
    return "".join(chr(octet) if octet in UNRESERVED else f"%{octet:02X}" for octet in octets)


def canonical_path(path: str) -> str:
    parts = unquote_to_bytes(path).split(b"/")
    return "/".join(encode(part) for part in parts if part)


def canonical_query(query: str) -> str:
    pairs = []
    for piece in query.split("&"):
        if piece and ";" not in piece and not re.search("%(?![0-9A-Fa-f]{2})", piece):
            name, _, value = piece.replace("+", " ").partition("=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    pairs.sort(key=lambda pair: pair[0])
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)


def canonical_host(host: str) -> str:
    before, *rest = host.split(":")
    return before if rest and rest[0] in {"80", "443"} else host


def canonical_request(method: str, target: str, headers: dict[str, str], names: str) -> str:
    path, _, query = target.partition("?")
    values = {name.lower(): value.strip(" \t") for name, value in headers.items()}
    values["host"] = canonical_host(values["host"])
    signed = "".join(f"{name}:{values[name]}\n" for name in names.split(";"))
    hashed = values["x-hyper-content-sha256"]
    parts = (method, canonical_path(path), canonical_query(query), signed, names, hashed)
    return "\n".join(parts)


def string_to_sign(canonical: str, date: str, region: str) -> str:
    scope = f"{date[:8]}/{region}/hyper/hyper_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    return f"HYPER-HMAC-SHA256\n{date}\n{scope}\n{hashed}"


def keys(secret_key: str, day: str, region: str) -> dict[str, bytes]:
    made = {}
    key = b"HYPER" + secret_key.encode()
    for name, text in (
        ("date key", day),
        ("region key", region),
        ("service key", "hyper"),
        ("signing key", "hyper_request"),
    ):
        key = made[name] = hmac.digest(key, text.encode(), "sha256")
    return made


def authorization_of(headers: dict[str, str]) -> re.Match[str]:
    found = re.fullmatch(
        "HYPER-HMAC-SHA256 Credential=(?P<key>[^/]*)/(?P<day>[0-9]{8})/(?P<region>[^/]*)/hyper/"
        "hyper_request, SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})",
        headers["Authorization"],
    )
    assert found is not None
    return found


@pytest.fixture(scope="session")
def description(v1_23: dict[str, Any]) -> str:
    text: str = v1_23["components"]["securitySchemes"]["HyperSignature"]["description"]
    return text


def block(description: str, lead: str) -> str:
    """Return the indented lines after a sentence of the description."""
    _, found, rest = description.partition(f"{lead}:\n\n")
    assert found, lead
    lines = re.match(r"(?:    .*\n|\n(?=    ))+", rest)
    assert lines is not None
    return re.sub("^    ", "", lines[0], flags=re.MULTILINE).removesuffix("\n")


def table(description: str, head: str) -> list[list[str]]:
    """Return the rows of a table, without marks for code."""
    _, found, rest = description.partition(f"{head}\n")
    assert found, head
    rows = re.match(r"(?:\|.*\n?)+", rest)
    assert rows is not None
    return [
        [cell.strip().strip("`") for cell in row.strip("|").split("|")]
        for row in rows[0].splitlines()[1:]
    ]


class Example:
    """The request that the document works through."""

    def __init__(self, description: str) -> None:
        lines = block(description, "`SKHYPERtestVectorSecret0000000000000001`").splitlines()
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = dict(line.split(": ", 1) for line in lines[1:])
        self.authorization = authorization_of(self.headers)
        self.date = self.headers["X-Hyper-Date"]
        self.canonical = canonical_request(
            self.method, self.target, self.headers, self.authorization["names"]
        )


@pytest.fixture(scope="session")
def example(description: str) -> Example:
    return Example(description)


def test_the_signature_example_is_a_recorded_request(example: Example) -> None:
    [recorded] = [
        each
        for each in REQUESTS.values()
        if dict(each["headers"]).get("Authorization") == example.headers["Authorization"]
    ]
    assert (example.method, example.target) == (recorded["method"], recorded["target"])
    assert example.headers.items() >= dict(recorded["headers"]).items()


def test_the_example_has_the_credentials_of_the_recording(
    description: str, example: Example
) -> None:
    assert f"`{RECORDED['secret_key']}`" in description
    assert example.authorization["key"] == RECORDED["access_key"]
    assert f"`{RECORDED['access_key']}`" in description


def test_the_examples_canonical_request_follows_from_the_rules(
    description: str, example: Example
) -> None:
    assert block(description, "Its canonical request") == example.canonical


def test_the_examples_string_to_sign_follows_from_the_rules(
    description: str, example: Example
) -> None:
    region = example.authorization["region"]
    made = string_to_sign(example.canonical, example.date, region)

    assert block(description, "Its string to sign") == made


def test_the_examples_keys_and_signature_follow_from_the_rules(
    description: str, example: Example
) -> None:
    region = example.authorization["region"]
    made = keys(RECORDED["secret_key"], example.authorization["day"], region)
    signed = string_to_sign(example.canonical, example.date, region).encode()
    made["SIGNATURE"] = hmac.digest(made["signing key"], signed, "sha256")

    shown = block(description, "The keys, and the signature, in hexadecimal digits")
    assert dict(re.split(" += ", line) for line in shown.splitlines()) == {
        name: key.hex() for name, key in made.items()
    }
    assert made["SIGNATURE"].hex() == example.authorization["signature"]


def test_the_targets_and_hosts_shown_follow_from_the_rules(description: str) -> None:
    targets = table(description, "| target | path | query |")
    hosts = table(description, "| sent | signed |")

    assert len(targets) > 8
    assert len(hosts) > 4
    for target, path, query in targets:
        asked, _, sent = target.partition("?")
        assert (canonical_path(asked), canonical_query(sent)) == (path, query), target
    for sent, signed in hosts:
        assert canonical_host(sent) == signed


@pytest.mark.parametrize("name", REQUESTS)
def test_every_recorded_signature_follows_from_the_rules(name: str) -> None:
    recorded = REQUESTS[name]
    headers = dict(recorded["headers"])
    claimed = authorization_of(headers)
    region, date = claimed["region"], headers["X-Hyper-Date"]
    method, target = recorded["method"], recorded["target"]
    canonical = canonical_request(method, target, headers, claimed["names"])
    key = keys(RECORDED["secret_key"], claimed["day"], region)["signing key"]
    signed = string_to_sign(canonical, date, region).encode()

    assert canonical == recorded["canonical_request"]
    assert hashlib.sha256(recorded["body"].encode()).hexdigest() == canonical.rpartition("\n")[2]
    assert hmac.digest(key, signed, "sha256").hex() == claimed["signature"]


def test_the_hash_of_an_empty_body_and_a_date_are_shown(v1_23: dict[str, Any]) -> None:
    schemes = v1_23["components"]["securitySchemes"]

    assert f"`{hashlib.sha256(b'').hexdigest()}`" in schemes["HyperContentSha256"]["description"]
    assert "`20260102T030405Z`" in schemes["HyperDate"]["description"]


def test_every_version_has_the_same_scheme(document: dict[str, Any], v1_23: dict[str, Any]) -> None:
    assert document["security"] == SIGNED
    assert document["components"]["securitySchemes"] == v1_23["components"]["securitySchemes"]


def test_every_request_except_ping_may_need_a_signature(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            refusals = {
                status: answer["$ref"]
                for status, answer in operation["responses"].items()
                if status in {"401", "403"}
            }
            if path == "/_ping":
                assert (operation["security"], refusals) == ([], {})
            else:
                assert "security" not in operation
                assert refusals == {
                    "401": "#/components/responses/Unauthorized",
                    "403": "#/components/responses/Forbidden",
                }


def test_refusals_have_the_error_format_of_the_version(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    old = document["info"]["version"] == muster_openapi.OLDEST

    for name in ("Unauthorized", "Forbidden"):
        kinds = set(responses[name]["content"])
        assert kinds == ({"text/plain", "application/json"} if old else {"application/json"})
    assert set(responses["Unauthorized"]["headers"]) == {"WWW-Authenticate"}


def test_generated_clients_have_no_signature_parameters() -> None:
    for version in muster_openapi.VERSIONS:
        document = muster_openapi.document(version, "client")
        assert document["security"] == []
        assert "securitySchemes" not in document["components"]
