"""Running the application on sockets until a signal ends it."""

import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from musterd.address import Address, listen
from musterd.errors import ServeError

# Seconds that connections get to finish when the server ends.
_PATIENCE = 3


def serve(app: ASGIApp, addresses: Sequence[Address], announce: Callable[[Address], None]) -> None:
    """Serve *app* on every address until SIGTERM or SIGINT.

    Args:
        app: The ASGI application.
        addresses: Where to listen.
        announce: Called with each address, port 0 replaced by the port chosen, once connections
            there are answered.

    Raises:
        AddressError: One of the addresses cannot be bound; none is then.
        ServeError: The application failed to start.
    """
    # It warns at each load that archives come under several media types, as they should.
    logging.getLogger("connexion.operations.openapi3").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(listen(address)) for address in addresses]

        def ready() -> None:
            for listener in listeners:
                announce(listener.address)

        server = _Server(_config(app), ready)
        # uvicorn raises the signal that ended it once more, for the handler that was there before.
        # That must not be Python's own, which would end the process as if it had been killed.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.stop)
        server.run([listener.socket for listener in listeners])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        # Connexion builds itself at the start of the lifespan, and what fails then must be seen.
        lifespan="on",
        # No more than what is the server's own fault: clients' mistakes are answered, not logged.
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_PATIENCE,
    )


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            # The lifespan's log says why.
            raise ServeError("the application failed to start") from None
        self._ready()

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.should_exit = True


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1, answering what is not HTTP as Go's server does."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        super().send_400_response("400 Bad Request")
