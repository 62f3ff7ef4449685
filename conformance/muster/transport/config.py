"""How requests get to a server, besides its address."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from muster.transport.rate_limit import UNLIMITED, RateLimiter, TimeLimit
from muster.transport.redaction import NOTHING, Redaction
from muster.transport.signing import Credentials


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How requests get to a server.

    Attributes:
        headers: Names and values that are sent with every request.
        tls: How TLS is spoken; None for as the system does.
        credentials: What requests are signed with; None where they are not.
        rate_limiter: How fast they may follow each other; None for as fast as can be.
        limit: How long the run may take.
        redaction: What of this must stand in no message.
    """

    headers: tuple[tuple[str, str], ...] = ()
    tls: ssl.SSLContext | None = None
    credentials: Credentials | None = None
    rate_limiter: RateLimiter | None = None
    limit: TimeLimit = field(default=UNLIMITED)
    redaction: Redaction = NOTHING


DIRECT = TransportConfig()
