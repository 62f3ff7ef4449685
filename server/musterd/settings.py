"""What keeps a server from those who should not have it, or not all of it."""

import ssl
from dataclasses import dataclass

from musterd.access.credentials import CredentialFile

#: What the original clients sign for if nobody tells them otherwise.
DEFAULT_REGION = "us-west-1"
#: Seconds that a request's time may lie from the server's, either way.
DEFAULT_WINDOW = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    """What a signature must say besides being genuine."""

    region: str = DEFAULT_REGION
    #: Seconds.
    window: int = DEFAULT_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What clients may have of a server, which is one process."""

    #: Connections at a time.
    connections: int = 512
    #: Bytes of a request line and headers together, or of whatever else is not a body.
    head_size: int = 2**18
    #: Seconds for a request's head to come in, for the next piece of its body to come, and for the
    #: client to take a piece of the answer.
    patience: float = 30
    #: Seconds for a request and its answer altogether.
    request_time: float = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Who may ask, and how."""

    #: Whose signatures are verified; None if nobody has to sign.
    credentials: CredentialFile | None = None
    rules: AccessRules = AccessRules()
    #: None to speak plain HTTP.
    tls: ssl.SSLContext | None = None
    #: The names with dots by which clients may call the server; None for any.
    names: frozenset[str] | None = frozenset()
    connections: ConnectionLimits = ConnectionLimits()
    #: What whoever starts the server must read.
    warnings: tuple[str, ...] = ()
