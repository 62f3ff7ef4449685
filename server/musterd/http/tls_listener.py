"""TLS for connections that are counted before the handshake.

asyncio's servers create a protocol only after the handshake, so connections of clients that never
complete one would not be counted. Here connections are accepted, counted, and then encrypted.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from musterd.http.peers import client_network
from musterd.http.protocol import Protocol
from musterd.http.slots import ConnectionSlots
from musterd.http.tls import Certificates

# Seconds for the TLS handshake.
HANDSHAKE_TIMEOUT = 10
# Seconds to wait after running out of file descriptors.
_PAUSE = 1
_LOG = logging.getLogger(__name__)


class TlsListener:
    """Accept connections on one socket, and encrypt them."""

    def __init__(
        self,
        listener: socket.socket,
        make: Callable[[], Protocol],
        certificates: Certificates,
        slots: ConnectionSlots,
    ) -> None:
        """Take the socket, a factory of protocols, the certificates, and the connection slots."""
        self._listener = listener
        self._make = make
        self._certificates = certificates
        self._slots = slots
        self._handshakes: set[asyncio.Task[None]] = set()
        listener.settimeout(0)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    def close(self) -> None:
        """Stop accepting connections, and cancel handshakes."""
        for task in (self._accepting, *self._handshakes):
            task.cancel()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(self._listener)
            except OSError as error:
                _LOG.error("cannot accept a connection: %s", error.strerror)
                await asyncio.sleep(_PAUSE)
                continue
            client = client_network(peer[0])
            if not self._slots.take(client):
                connection.close()
                continue
            task = loop.create_task(self._encrypt(connection, client))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _encrypt(self, connection: socket.socket, client: str) -> None:
        protocol = self._make()
        protocol.client_slot = client
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._certificates.context,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
            )
        except OSError:
            # The handshake failed, or the client disconnected; ssl.SSLError is an OSError.
            pass
        finally:
            # An established connection releases its slot itself.
            if protocol.flow is None:
                self._slots.give_back(client)
                connection.close()
