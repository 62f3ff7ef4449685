"""The application of a server for tests: musterd, under the control of a test."""

from collections.abc import Sequence

from musterd.app import create_app
from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.control.middleware import controlled
from musterd.control.state import ServerState
from musterd.http.background import BackgroundServer
from musterd.http.sockets import Address
from musterd.recording.recorder import refused


def run(
    state: ServerState, addresses: Sequence[Address], engine: Engine = engines.ANY
) -> BackgroundServer:
    """Start a server in a thread.

    Args:
        state: What the test controls.
        addresses: The addresses to listen on.
        engine: What to imitate.

    Raises:
        ServeError: The server does not start.
    """
    app = controlled(create_app(state.store, engine=engine), state)
    return BackgroundServer.start(
        app, addresses, lambda refusal: state.journal.add(refused(refusal))
    )
