"""Settings of the transport, other than the server's address."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from muster.transport.rate_limit import UNLIMITED, RateLimiter, TimeLimit
from muster.transport.redaction import NOTHING, Redaction
from muster.transport.signing import Credentials


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How requests are sent to a server.

    Attributes:
        headers: Names and values to send with every request.
        tls: TLS settings; None for the system's defaults.
        credentials: Keys to sign requests with; None to send them unsigned.
        rate_limiter: Limits the request rate; None for no limit.
        limit: Limits the duration of the run.
        redaction: Removes secrets from messages.
    """

    headers: tuple[tuple[str, str], ...] = ()
    tls: ssl.SSLContext | None = None
    credentials: Credentials | None = None
    rate_limiter: RateLimiter | None = None
    limit: TimeLimit = field(default=UNLIMITED)
    redaction: Redaction = NOTHING


DIRECT = TransportConfig()
