"""Everything that decides who may ask a server, and how much of it they may take."""

from dataclasses import dataclass, field

from musterd.access.credentials import CredentialFile
from musterd.access.policy import SignaturePolicy
from musterd.http.limits import ConnectionLimits
from musterd.http.tls import Certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How a server is protected.

    Attributes:
        credentials: The keys whose signatures are verified; None if nobody has to sign.
        signature_policy: What else a signature must say.
        tls: The certificates for TLS; None to speak plain HTTP.
        host_names: The names with dots by which clients may call the server; None for any.
        limits: What connections may take.
        warnings: What whoever starts the server must read.
    """

    credentials: CredentialFile | None = None
    signature_policy: SignaturePolicy = field(default_factory=SignaturePolicy)
    tls: Certificates | None = None
    host_names: frozenset[str] | None = frozenset()
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    warnings: tuple[str, ...] = ()
