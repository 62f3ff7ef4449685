"""The middleware that a server under control has around its application."""

from starlette.types import ASGIApp

from musterd.control.state import ServerState
from musterd.faults.grease import Grease
from musterd.faults.injection import FaultInjection
from musterd.recording.recorder import RequestRecorder


def controlled(app: ASGIApp, state: ServerState) -> ASGIApp:
    """Return *app* with the faults and the oddities of *state*, whose journal gets its requests."""
    failing = FaultInjection(Grease(app, state.oddities), state.faults)
    return RequestRecorder(failing, begun=state.journal.add)
