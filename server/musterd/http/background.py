"""Run the application in a thread of this process, for tests."""

import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from starlette.types import ASGIApp

from musterd.errors import ServeError
from musterd.http.limits import ConnectionLimits
from musterd.http.refusals import Refused
from musterd.http.server import SocketServer, config, listening, quiet_connexion
from musterd.http.sockets import Address


class BackgroundServer:
    """A server in a thread. Unlike `server.serve`, it leaves signals and garbage collection alone.

    Attributes:
        addresses: The addresses for clients, with the actual port in place of port 0.
    """

    def __init__(self) -> None:
        self.addresses: Sequence[Address] = ()
        self._resources = ExitStack()

    @classmethod
    def start(
        cls, app: ASGIApp, addresses: Sequence[Address], refused: Refused | None = None
    ) -> Self:
        """Start a server, and return when it accepts connections.

        Args:
            app: The ASGI application.
            addresses: The addresses to listen on.
            refused: Called in the server's thread with each request that never reaches *app*.

        Raises:
            AddressError: An address cannot be bound.
            ServeError: The application failed to start.
        """
        started = cls()
        with ExitStack() as resources:
            listeners = resources.enter_context(listening(addresses))
            quiet_connexion()
            ready = threading.Event()
            server = _AbruptServer(
                config(app), ready.set, listeners, None, ConnectionLimits(), refused=refused
            )
            thread = _Thread(server, ready)
            thread.start()
            resources.callback(thread.end)
            ready.wait()
            if thread.error is not None:
                raise ServeError(f"musterd does not start: {thread.error}") from thread.error
            started.addresses = [listener.address for listener in listeners]
            started._resources = resources.pop_all()
        return started

    def stop(self) -> None:
        """Stop the server at once, with its connections; further calls do nothing."""
        self._resources.close()


class _AbruptServer(SocketServer):
    """A server that does not wait for its clients when it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


class _Thread(threading.Thread):
    """The thread of a server, which ends with the process."""

    def __init__(self, server: SocketServer, ready: threading.Event) -> None:
        super().__init__(name="musterd", daemon=True)
        self._server = server
        self._is_ready = ready
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._server.run([])
        except BaseException as error:  # noqa: BLE001  # the starting thread raises it
            self.error = error
        finally:
            self._is_ready.set()

    def end(self) -> None:
        self._server.should_exit = True
        self.join()
