"""TLS as the server speaks it: 1.2 or later, with HTTP/1.1 on it."""

import ssl
from pathlib import Path

from musterd.errors import ServeError


class Certificates:
    """The files that a server needs for TLS, and what is made of them."""

    def __init__(self, certificate: Path, key: Path | None, client_ca: Path | None) -> None:
        """Read the files.

        Args:
            certificate: A file in PEM with the server's certificate and those that lead to its
                root.
            key: One with the certificate's private key; None if it is in the same file.
            client_ca: One with the CAs of clients' certificates, which clients must have then.

        Raises:
            ServeError: A file cannot be read, or is not what it should be.
        """
        self._files = (certificate, key, client_ca)
        #: For the connections from now on.
        self.context = _context(*self._files)

    def reload(self) -> None:
        """Read the files again, for the connections from now on.

        Raises:
            ServeError: As above; the server goes on with what it has.
        """
        self.context = _context(*self._files)


def _context(certificate: Path, key: Path | None, client_ca: Path | None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    # Clients without ALPN get it as well.
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
    # Without this, OpenSSL would ask the terminal.
    raise ServeError("the private key has a password; give one without, readable by you only")


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        # OpenSSL's own words, as NO_START_LINE, without the place in its source.
        return (error.reason or "it is not in PEM").replace("_", " ").lower()
    return error.strerror or str(error)
