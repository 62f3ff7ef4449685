"""The settings that protect a server."""

from dataclasses import dataclass, field

from musterd.access.credentials import CredentialFile
from musterd.access.policy import SignaturePolicy
from musterd.http.limits import ConnectionLimits
from musterd.http.tls import Certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The settings that protect a server.

    Attributes:
        credentials: The keys whose signatures are verified; None to accept unsigned requests.
        signature_policy: Requirements of a signature besides authenticity.
        tls: The TLS certificates; None to serve plain HTTP.
        host_names: The dotted names by which clients may address the server; None for any.
        limits: Limits on connections.
        warnings: Warnings to show when the server starts.
    """

    credentials: CredentialFile | None = None
    signature_policy: SignaturePolicy = field(default_factory=SignaturePolicy)
    tls: Certificates | None = None
    host_names: frozenset[str] | None = frozenset()
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    warnings: tuple[str, ...] = ()
