"""TLS for the server: version 1.2 or later, with HTTP/1.1."""

import ssl
from pathlib import Path

from musterd.errors import ServeError


class Certificates:
    """The server's TLS files, and the context made from them.

    Attributes:
        context: The context for new connections.
    """

    def __init__(self, certificate: Path, key: Path | None, client_ca: Path | None) -> None:
        """Read the files.

        Args:
            certificate: A PEM file with the server's certificate and its intermediate certificates.
            key: A PEM file with the private key; None if it is in the certificate's file.
            client_ca: A PEM file with the CAs of client certificates, which clients must then
                present; None to require no client certificates.

        Raises:
            ServeError: A file is unreadable or invalid.
        """
        self._files = (certificate, key, client_ca)
        self.context = _context(*self._files)

    def reload(self) -> None:
        """Read the files again, for new connections.

        Raises:
            ServeError: A file is unreadable or invalid; the server keeps the previous ones.
        """
        self.context = _context(*self._files)


def _context(certificate: Path, key: Path | None, client_ca: Path | None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    # Clients without ALPN get HTTP/1.1 as well.
    made.set_alpn_protocols(["http/1.1"])
    try:
        made.load_cert_chain(certificate, key, password=_refuse_password)
    except OSError as error:
        named = str(certificate) if key is None else f"{certificate} with the key {key}"
        raise ServeError(f"cannot use the certificate {named}: {_reason(error)}") from error
    if client_ca is not None:
        try:
            made.load_verify_locations(client_ca)
        except OSError as error:
            raise ServeError(
                f"cannot use the roots of clients in {client_ca}: {_reason(error)}"
            ) from error
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def _refuse_password() -> str:
    # Without this, OpenSSL would prompt on the terminal.
    raise ServeError("the private key has a password; give one without, readable by you only")


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        # OpenSSL's name of the error, such as NO_START_LINE, without its source location.
        return (error.reason or "it is not in PEM").replace("_", " ").lower()
    return error.strerror or str(error)
