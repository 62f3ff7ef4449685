"""TLS settings: which authorities to trust, and which certificate to present."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import NoReturn

from muster.errors import UsageError


@dataclass(frozen=True, slots=True)
class ClientTls:
    """The files that TLS needs, all PEM.

    Attributes:
        ca: Certificates of the only trusted authorities; empty for the system's.
        cert: The client certificate; empty for none.
        key: Its private key; empty if it is in the same file.
        verify: Whether to verify the server's certificate and host name.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Return an SSL context for TLS 1.2 or later and HTTP/1.1.

        Raises:
            UsageError: If a file cannot be used; the message says which.
        """
        context = self._trusting()
        context.set_alpn_protocols(["http/1.1"])
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            self._show_certificate(context)
        elif self.key:
            raise UsageError(f"{self.key} is a key without certificate: name that as well")
        return context

    def _trusting(self) -> ssl.SSLContext:
        if not self.ca:
            return ssl.create_default_context()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(self.ca)
        except ssl.SSLError as error:
            raise UsageError(f"{self.ca} holds no certificate of an authority, as PEM") from error
        except OSError as error:
            raise UsageError(f"{self.ca}, the authority's certificate: {error.strerror}") from error
        return context

    def _show_certificate(self, context: ssl.SSLContext) -> None:
        files = f"{self.cert} and {self.key}" if self.key else self.cert

        def password() -> NoReturn:
            # OpenSSL would prompt for it on the terminal.
            raise UsageError(f"the key in {self.key or self.cert} is encrypted: decrypt it first")

        try:
            context.load_cert_chain(self.cert, self.key or None, password)
        except ssl.SSLError as error:
            raise UsageError(f"{files}: no certificate with its private key, as PEM") from error
        except OSError as error:
            what = f"{files}, the client's certificate and key"
            raise UsageError(f"{what}: {error.strerror}") from error
