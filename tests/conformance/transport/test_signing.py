from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.model.forgery import GENUINE, Forgery
from muster.transport.signing import (
    Credentials,
    Unsigned,
    canonical_request,
    covered,
    signed,
)

RECORDED = json.loads(
    (Path(__file__).parents[2] / "server" / "data" / "signatures.json").read_text("utf-8")
)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SIGNERS = {"authorization", "x-hyper-content-sha256", "x-hyper-date"}
KEYS = Credentials(RECORDED["access_key"], RECORDED["secret_key"])
REQUEST = Unsigned("GET", "/v1.23/images/json?all=1", (("Host", "127.0.0.1:24760"),))


def recorded(request: dict[str, Any]) -> Unsigned:
    """*request* as it was before it was signed."""
    headers = tuple((n, v) for n, v in request["headers"] if n.lower() not in SIGNERS)
    return Unsigned(request["method"], request["target"], headers, request["body"].encode())


def parts(forgery: Forgery) -> tuple[str, str, str, str, dict[str, str]]:
    """Access key, scope, covered headers, signature, and all headers."""
    headers = dict(signed(REQUEST, KEYS, MOMENT, forgery))
    scheme, credential, names, signature = headers["Authorization"].replace(",", "").split(" ")
    assert scheme == "HYPER-HMAC-SHA256"
    key, _, scope = credential.removeprefix("Credential=").partition("/")
    return key, scope, names.partition("=")[2], signature.partition("=")[2], headers


@pytest.mark.parametrize("request_", RECORDED["requests"], ids=lambda request: request["name"])
def test_requests_are_signed_as_by_hypers_client(request_: dict[str, Any]) -> None:
    keys = replace(KEYS, region=request_["region"])
    ours = {name.lower(): value for name, value in signed(recorded(request_), keys, MOMENT)}
    theirs = {name.lower(): value for name, value in request_["headers"]}
    assert ours == theirs


@pytest.mark.parametrize("request_", RECORDED["requests"], ids=lambda request: request["name"])
def test_the_canonical_request_matches_hypers_client(request_: dict[str, Any]) -> None:
    headers = [(name, value) for name, value in request_["headers"] if name != "Authorization"]
    values = {name.lower(): value for name, value in headers}
    canonical = canonical_request(
        request_["method"],
        request_["target"],
        headers,
        covered(headers),
        values["x-hyper-content-sha256"],
    )
    assert canonical == request_["canonical_request"]


def test_escapes_that_go_ignores_are_not_signed() -> None:
    hosts = (("Host", "h"),)
    plain = canonical_request("GET", "/a?x=1", hosts, ["host"], "")
    assert canonical_request("GET", "/a?%zz=1&x=1&&y=%", hosts, ["host"], "") == plain


def test_the_repr_hides_the_secret_key() -> None:
    assert KEYS.secret_key not in repr(KEYS)


@pytest.mark.parametrize(
    ("forgery", "differs"),
    [
        (Forgery(signed_method="HEAD"), {"signature"}),
        (Forgery(signed_target="/v1.23/images/json"), {"signature"}),
        (Forgery(secret_key="wrong"), {"signature"}),  # noqa: S106 - no secret
        (Forgery(access_key="AKNOBODY"), {"key"}),
        (Forgery(region="nowhere"), {"scope", "signature"}),
        (Forgery(service="s3"), {"scope", "signature"}),
        (Forgery(seconds=-86400), {"scope", "signature", "headers"}),
        (Forgery(covered=("host",)), {"names", "signature"}),
        (Forgery(content_type="text/plain"), {"headers"}),
        (Forgery(content_hash="0" * 64), {"headers"}),
        (Forgery(body=b"x"), {"signature", "headers"}),
    ],
)
def test_a_forgery_differs_only_in_the_forged_part(forgery: Forgery, differs: set[str]) -> None:
    names = ("key", "scope", "names", "signature", "headers")
    genuine, forged = (dict(zip(names, parts(each), strict=True)) for each in (GENUINE, forgery))
    for each in (genuine, forged):
        each["headers"].pop("Authorization")  # type: ignore[attr-defined]
    assert {name for name in names if genuine[name] != forged[name]} == differs
