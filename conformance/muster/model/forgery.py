"""Deliberate errors in a signature, to check that the server rejects it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgery:
    """How the signature of a request differs from a correct one; the default is no difference.

    Attributes:
        unsigned: Whether to send no signature.
        signed_method: The method to sign; empty for the one that is sent.
        signed_target: The target after the version segment to sign; empty for the one that is sent.
        content_type: The value of Content-Type to set after signing; empty for no change.
        body: The body to sign; None for the one that is sent.
        content_hash: The value of X-Hyper-Content-Sha256 to set after signing; empty for no change.
        access_key: The access key to claim; empty for the user's.
        secret_key: The secret key to sign with; empty for the user's.
        region: The region in the signature; empty for the user's.
        service: The service in the signature; empty for Hyper's.
        seconds: Offset of the signature's date from now.
        covered: Names of the headers to cover; None for the required ones.
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
