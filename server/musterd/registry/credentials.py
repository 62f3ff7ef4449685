"""The credentials that a client sends for a registry, in the header ``X-Registry-Auth``."""

import base64
import binascii

import msgspec

# Characters or bytes; tokens have a few thousand.
LONGEST = 2**16


class RegistryCredentials(msgspec.Struct, frozen=True, rename="lower"):
    """Credentials for a registry (moby ``api/types/registry/authconfig.go``).

    Attributes:
        username: The user's name; empty if there is none.
        password: The password.
        identitytoken: A refresh token, in place of a password.
        registrytoken: A token to send to the registry as it is.
    """

    username: str = ""
    password: str = ""
    identitytoken: str = ""
    registrytoken: str = ""

    def __repr__(self) -> str:
        """Show no secrets."""
        return f"{type(self).__name__}(...)"


NONE = RegistryCredentials()


def decode(header: str) -> RegistryCredentials:
    """Decode the value of the header; like Docker, take text that is malformed for none.

    moby v20.10.24 ``api/server/router/image/image_routes.go:postImagesCreate``.
    """
    if len(header) > LONGEST:
        return NONE
    try:
        return of_json(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) or NONE
    except (binascii.Error, ValueError):
        return NONE


def of_json(raw: bytes) -> RegistryCredentials | None:
    """Decode the body that older clients send in place of the header; None if it is malformed."""
    try:
        return msgspec.json.decode(raw, type=RegistryCredentials)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
