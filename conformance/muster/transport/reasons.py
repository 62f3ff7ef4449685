"""Explains why there was no response, and what the user can do about it.

A reason with advice ends with a full stop; others are fragments.
"""

from __future__ import annotations

import http.client
import ssl
import stat
from pathlib import Path

from muster.transport.connection import BodyTooLong
from muster.transport.target import Target

CLOSED = "the server closed the connection before it had responded"

TLS_RECORDS = ("\x15\x03", "\x16\x03")
"""The first bytes from a TLS server: an alert or a handshake (RFC 8446, 5.1)."""

NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""OpenSSL's errors for a server that does not answer a handshake with TLS."""

UNTRUSTED = frozenset({18, 19, 20, 21})
"""OpenSSL's codes of certificates whose issuer is not trusted, self-signed ones among them."""

WRONG_NAME = frozenset({62, 64})
"""OpenSSL's codes of certificates for other host names or addresses."""


def reason(error: Exception, target: Target, timeout: float) -> str:
    """Return why there was no response.

    Args:
        error: The exception.
        target: The server.
        timeout: Seconds that the suite waited for the response.
    """
    match error:
        case TimeoutError():
            text = f"no response within {timeout:g} s"
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            text = CLOSED
        case http.client.IncompleteRead(partial=partial):
            text = f"the body broke off after {len(partial)} bytes"
        case BodyTooLong():
            text = "the body has no end, as far as it was read"
        case http.client.HTTPException():
            text = _not_http(error, target)
        case ssl.SSLError():
            text = _tls(error, target)
        case OSError():
            text = _system(error, target)
        case _:
            text = str(error)
    return text


def _not_http(error: Exception, target: Target) -> str:
    if target.scheme == "http" and str(error).startswith(TLS_RECORDS):
        return f"the server speaks TLS: write https://{target.authority}."
    return f"the response is not HTTP ({type(error).__name__}: {error})"


def _tls(error: ssl.SSLError, target: Target) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        if getattr(error, "reason", "") in NO_TLS:
            return f"the server does not speak TLS: write http://{target.host}:{target.port}."
        return error.strerror or str(error)
    message = f"the server's certificate cannot be verified: {error.verify_message}"
    if error.verify_code in UNTRUSTED:
        return (
            f"{message}. Name the certificate of its authority with --tls-ca, or a self-signed "
            "certificate itself; --no-tls-verify verifies nothing."
        )
    if error.verify_code in WRONG_NAME:
        return f"{message}. Use one of the names in the certificate as the host of TARGET."
    return message


def _system(error: OSError, target: Target) -> str:
    text = error.strerror or str(error)
    if target.scheme != "unix":
        return text
    file = Path(target.socket)
    match error:
        case PermissionError():
            return (
                f"{text}. Use sudo, or become a member of the socket's group: "
                f"`sudo usermod -aG {_group(file)} $USER`, then log in again."
            )
        case FileNotFoundError():
            return f"{text}: there is no such socket"
        case ConnectionRefusedError() if file.exists() and not stat.S_ISSOCK(file.stat().st_mode):
            kind = "folder" if file.is_dir() else "file"
            return f"this is a {kind}, not a socket."
        case ConnectionRefusedError():
            return f"{text}: no server listens at this socket"
        case _:
            return text


def _group(file: Path) -> str:
    try:
        return file.group()
    except (OSError, KeyError):
        return "docker"
