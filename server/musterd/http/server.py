"""Run the application on sockets until a signal stops it."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from musterd.errors import ServeError
from musterd.http import workers
from musterd.http.by_listener import LISTENER
from musterd.http.limits import ConnectionLimits
from musterd.http.protocol import Protocol
from musterd.http.refusals import Refused
from musterd.http.slots import ConnectionSlots
from musterd.http.sockets import Address, Listener, TcpAddress, listen
from musterd.http.tls import Certificates
from musterd.http.tls_listener import TlsListener

# Creates an application, and cleans up after it.
Application = Callable[[], AbstractContextManager[ASGIApp]]

# Seconds for connections to finish when the server stops, and then for the process to exit.
_SHUTDOWN_GRACE = 3
_ENDING = 2
_BACKLOG = 1024
_LOG = logging.getLogger(__name__)
# Allocations between garbage collections: more than the default, and about as many as a listing of
# a few hundred images makes.
_OBJECTS = 10_000


def serve(
    app: ASGIApp,
    addresses: Sequence[Address],
    announce: Callable[[Address], None],
    *,
    tls: Certificates | None = None,
    limits: ConnectionLimits | None = None,
) -> None:
    """Serve *app* on all addresses, in this process, until SIGTERM or SIGINT.

    This is for programs that embed the server. It waits for running threads; the command uses
    `serve_with_workers`, which does not.

    Args:
        app: The ASGI application.
        addresses: The addresses to listen on.
        announce: Called with each address once it accepts connections, with the actual port in
            place of port 0.
        tls: The TLS certificates for TCP connections; None for plain HTTP.
        limits: The limits on connections.

    Raises:
        AddressError: An address cannot be bound; the server listens on none.
        ServeError: The application failed to start.
    """
    with listening(addresses) as listeners:
        _run(
            app,
            listeners,
            lambda: _announce(listeners, announce),
            tls,
            limits or ConnectionLimits(),
        )


def serve_with_workers(
    application: Application,
    addresses: Sequence[Address],
    announce: Callable[[Address], None],
    count: int,
    *,
    tls: Certificates | None = None,
    limits: ConnectionLimits | None = None,
    refused: Refused | None = None,
) -> None:
    """Serve on all addresses with *count* processes until SIGTERM or SIGINT.

    On SIGHUP they reload the certificates. A process that exits unexpectedly is replaced, and one
    that does not exit when it should is killed.

    Args:
        application: Creates the ASGI application in each process, and cleans up after it.
        addresses: The addresses to listen on.
        announce: Called with each address, as by `serve`, once all processes are ready.
        count: The number of processes.
        tls: As for `serve`.
        limits: As for `serve`, for each process.
        refused: Called in each process with each request that never reaches the application.

    Raises:
        AddressError: An address cannot be bound; the server listens on none.
        ServeError: A process failed to start.
    """
    # Catch signals before creating socket files, so that the files are always removed.
    with workers.Signals() as signals, listening(addresses) as listeners:

        def work(ready: Callable[[], None]) -> None:
            with application() as app:
                _run(app, listeners, ready, tls, limits or ConnectionLimits(), refused=refused)

        crew = workers.Crew(
            count=count,
            work=work,
            grace=_SHUTDOWN_GRACE + _ENDING,
            orphaned=partial(_remove_files, listeners),
        )
        workers.run(crew, lambda: _announce(listeners, announce), signals)


@contextlib.contextmanager
def listening(addresses: Sequence[Address]) -> Iterator[list[Listener]]:
    """Bind sockets to all addresses; on exit close them.

    Raises:
        AddressError: An address cannot be bound.
    """
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(listen(address)) for address in addresses]


def _remove_files(listeners: Sequence[Listener]) -> None:
    for listener in listeners:
        listener.remove_file()


def _announce(listeners: Sequence[Listener], announce: Callable[[Address], None]) -> None:
    for listener in listeners:
        announce(listener.address)


def _run(
    app: ASGIApp,
    listeners: Sequence[Listener],
    ready: Callable[[], None],
    tls: Certificates | None,
    limits: ConnectionLimits,
    *,
    refused: Refused | None = None,
) -> None:
    quiet_connexion()
    server = SocketServer(
        config(app), partial(_freeze_and_tell, ready), listeners, tls, limits, refused=refused
    )
    # uvicorn raises the signal that stopped it again, for the previous handler. That must not be
    # Python's default, which would end the process as if it had been killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    before = signal.signal(signal.SIGHUP, server.reload)
    try:
        with _garbage_as_before():
            server.run([])
    finally:
        signal.signal(signal.SIGHUP, before)


def quiet_connexion() -> None:
    """Silence its warning at each load that archives have several media types, as intended."""
    logging.getLogger("connexion.operations.openapi3").setLevel(logging.ERROR)


def config(app: ASGIApp) -> uvicorn.Config:
    """Return uvicorn's settings for an application."""
    return uvicorn.Config(
        app,
        # Connexion builds its application during the lifespan startup; errors there must be
        # visible.
        lifespan="on",
        # Log only the server's own errors; clients' mistakes are answered.
        log_config=None,
        log_level="error",
        access_log=False,
        # Identify clients by their connection: anybody could forge X-Forwarded-For.
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_SHUTDOWN_GRACE,
    )


class SocketServer(uvicorn.Server):
    """A uvicorn server that reports when it is ready, and adds TLS to TCP sockets."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        listeners: Sequence[Listener],
        tls: Certificates | None,
        limits: ConnectionLimits,
        *,
        refused: Refused | None = None,
    ) -> None:
        super().__init__(config)
        self._refused = refused
        self._ready = ready
        self._listeners = listeners
        self._tls = tls
        self._limits = limits
        self._slots = ConnectionSlots(limits)
        self._tls_listeners: list[TlsListener] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, and accept connections.

        Raises:
            ServeError: The application failed to start.
        """
        try:
            await super().startup(sockets)
        except SystemExit:
            # The log of the lifespan has the cause.
            raise ServeError("the application failed to start") from None
        for place, listener in enumerate(self._listeners):
            await self._serve_on(listener, place)
        self._ready()

    async def _serve_on(self, listener: Listener, place: int) -> None:
        """Replace uvicorn's own start of a socket, which cannot treat sockets differently."""
        make = partial(
            Protocol,
            config=self.config,
            server_state=self.server_state,
            app_state={**self.lifespan.state, LISTENER: place},
            limits=self._limits,
            slots=self._slots,
            refused=self._refused,
        )
        if self._tls is not None and isinstance(listener.address, TcpAddress):
            tls = TlsListener(listener.socket, make, self._tls, self._slots)
            self._tls_listeners.append(tls)
            return
        self.servers.append(
            await asyncio.get_running_loop().create_server(
                make, sock=listener.socket, backlog=_BACKLOG
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the connections, and stop the application."""
        for listener in self._tls_listeners:
            listener.close()
        await super().shutdown(sockets)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Handle a signal to stop."""
        self.should_exit = True

    def reload(self, _signal: int, _frame: FrameType | None) -> None:
        """Reload the certificates. Credentials reload by themselves when their file changes."""
        if self._tls is not None:
            try:
                self._tls.reload()
            except ServeError as error:
                _LOG.error("%s; the server goes on with those it has", error)


def _freeze_and_tell(ready: Callable[[], None]) -> None:
    _freeze_startup_objects()
    ready()


def _freeze_startup_objects() -> None:
    """Exclude the application and all modules, which are permanent, from garbage collection.

    Scanning them again and again takes a tenth of the time of a new listing. A collection before
    would find almost nothing, and take as long as a fifth of the start.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS)


@contextlib.contextmanager
def _garbage_as_before() -> Iterator[None]:
    """Undo `_freeze_startup_objects` on exit."""
    thresholds = gc.get_threshold()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
