"""What may be wrong with a signature on purpose, to see that a server finds it out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgery:
    """How the signature of a request differs from what it should be; as it stands, in nothing.

    Attributes:
        unsigned: There is none.
        signed_method: The method that was signed; empty for the one that is sent.
        signed_target: The target behind the version segment that was signed; empty for that sent.
        content_type: What Content-Type says after the signing; empty for what was signed.
        body: The body that was signed; None for the one that is sent.
        content_hash: What X-Hyper-Content-Sha256 says after the signing; empty for what was signed.
        access_key: Whose signature it claims to be; empty for the user's.
        secret_key: What it was made with; empty for the user's.
        region: What it is for; empty for the user's region.
        service: What it is for; empty for Hyper's.
        seconds: From now to the moment of which it says to be.
        covered: Names of the headers that it covers; None for those that it must.
    """

    unsigned: bool = False
    signed_method: str = ""
    signed_target: str = ""
    content_type: str = ""
    body: bytes | None = None
    content_hash: str = ""
    access_key: str = ""
    secret_key: str = ""
    region: str = ""
    service: str = ""
    seconds: int = 0
    covered: tuple[str, ...] | None = None


GENUINE = Forgery()
