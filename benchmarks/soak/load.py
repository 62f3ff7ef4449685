"""The shared state of the clients of a run: the port, the time, and the requests so far."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from musterd.access import signature
from musterd.access.credentials import Credential
from musterd.access.signature import Claim, SignedRequest


@dataclass
class Load:
    """One run.

    Attributes:
        port: The server's port.
        ends: When the run is over, by the monotonic clock.
        quiet: Until when there are no hostile clients, by the same clock.
        done: How often each step was taken.
        alone: Seconds that requests of honest clients took before the hostile ones came.
        beside: Seconds that they took since.
        nonces: Makes each request a different one, for a server that accepts none twice.
    """

    port: int
    ends: float
    quiet: float
    done: Counter[str] = field(default_factory=Counter)
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    nonces: Iterator[int] = field(default_factory=count)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.ends

    def head(
        self, key: Credential, method: str, target: str, body: bytes = b"", **more: str
    ) -> bytes:
        """Return the request line and the headers of a signed request; sign all but *more*."""
        now = datetime.now(UTC).replace(microsecond=0)
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-hyper-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-hyper-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-hyper-nonce": str(next(self.nonces)),
        }
        headers["authorization"] = _authorization(key, now, method, target, headers)
        headers |= {"content-length": str(len(body)), **more}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode()


def _authorization(
    key: Credential, now: datetime, method: str, target: str, headers: dict[str, str]
) -> str:
    path, _, query = target.partition("?")
    signed = [(name.encode(), value.encode()) for name, value in headers.items()]
    claim = Claim(
        access_key=key.access_key,
        date=headers["x-hyper-date"][:8],
        region="us-west-1",
        signed_headers=tuple(headers),
        signature="",
        time=now,
        content_hash=headers["x-hyper-content-sha256"],
    )
    canonical = signature.canonical_request(
        SignedRequest(method, path.encode(), query.encode(), signed), claim
    )
    return (
        f"{signature.ALGORITHM} Credential={key.access_key}/{claim.date}/{claim.region}/hyper/"
        f"hyper_request, SignedHeaders={';'.join(claim.signed_headers)}, "
        f"Signature={signature.signature(key.secret_key, claim, canonical)}"
    )
