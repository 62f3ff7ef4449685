"""Signing requests as clients do, without anything of musterd's: it must not check itself."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "signatures.json").read_text())
ACCESS_KEY, SECRET_KEY = RECORDED["access_key"], RECORDED["secret_key"]
#: When the recorded requests were signed.
RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Key:
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = "us-west-1"

    def sign(
        self,
        target: str,
        method: str = "GET",
        *,
        at: float = RECORDED_AT,
        body: bytes = b"",
        host: str = "127.0.0.1:2376",
        **more: Any,
    ) -> dict[str, str]:
        """Return the headers of a request; `more` replaces parts, or adds them."""
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "content-type": "application/json",
            "host": host,
            "x-hyper-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-hyper-date": stamp,
            **more.get("headers", {}),
        }
        signed = more.get("signed", sorted(headers))
        path, _, query = target.partition("?")
        pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
        canonical = [
            method,
            "/".join(quote(unquote(part), safe="") for part in path.split("/") if part),
            "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs),
            "".join(f"{name}:{headers.get(name, '')}\n" for name in signed),
            ";".join(signed),
            headers["x-hyper-content-sha256"],
        ]
        scope = more.get("scope", f"{stamp[:8]}/{self.region}/hyper/hyper_request")
        text = "\n".join(
            [
                "HYPER-HMAC-SHA256",
                stamp,
                scope,
                hashlib.sha256("\n".join(canonical).encode()).hexdigest(),
            ]
        )
        key = b"HYPER" + self.secret_key.encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["authorization"] = (
            f"HYPER-HMAC-SHA256 Credential={self.access_key}/{scope}, "
            f"SignedHeaders={';'.join(signed)}, Signature={key.hex()}"
        )
        return headers
