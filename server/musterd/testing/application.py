"""The application of a server for tests: musterd, under the control of a test."""

from collections.abc import Sequence

from starlette.types import ASGIApp

from musterd.app import Applications
from musterd.control.engine_switch import EngineSwitch
from musterd.control.middleware import controlled
from musterd.control.state import ServerState
from musterd.departures.imitation import Imitation
from musterd.http.background import BackgroundServer
from musterd.http.sockets import Address
from musterd.recording.recorder import refused
from musterd.registry.sources import Sources
from musterd.storage.store import ImageStore


def switch(store: ImageStore, imitation: Imitation, sources: Sources) -> EngineSwitch:
    """Return an application for *store* whose engine can change.

    Raises:
        ServeError: There is no such engine or departure, or a version is invalid.
    """
    return EngineSwitch(Applications(store, sources=sources).imitating, imitation)


def imitating(store: ImageStore, imitation: Imitation, sources: Sources) -> ASGIApp:
    """Return an application for *store* with one engine.

    Raises:
        ServeError: There is no such engine or departure, or a version is invalid.
    """
    return Applications(store, sources=sources).imitating(imitation)


def run(app: ASGIApp, state: ServerState, addresses: Sequence[Address]) -> BackgroundServer:
    """Start a server in a thread.

    Args:
        app: The application.
        state: What the test controls.
        addresses: The addresses to listen on.

    Raises:
        ServeError: The server does not start.
    """
    return BackgroundServer.start(
        controlled(app, state), addresses, lambda refusal: state.journal.add(refused(refusal))
    )
