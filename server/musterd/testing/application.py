"""The application of a server for tests: musterd, with the middleware that tests use."""

from collections.abc import Sequence

from musterd.app import create_app
from musterd.faults.grease import Grease, Oddities
from musterd.faults.injection import FaultInjection
from musterd.faults.plan import FaultPlan
from musterd.http.background import BackgroundServer
from musterd.http.sockets import Address
from musterd.recording.recorder import Listener, RequestRecorder, refused
from musterd.storage.store import ImageStore


def run(
    store: ImageStore,
    addresses: Sequence[Address],
    *,
    faults: FaultPlan,
    begun: Listener,
    oddities: Oddities,
) -> BackgroundServer:
    """Start a server in a thread.

    Args:
        store: The catalogue.
        addresses: The addresses to listen on.
        faults: The faults that requests get.
        begun: Called with each request when it arrives.
        oddities: The oddities of responses.

    Raises:
        ServeError: The server does not start.
    """
    recorder = RequestRecorder(
        FaultInjection(Grease(create_app(store), oddities), faults), begun=begun
    )
    return BackgroundServer.start(recorder, addresses, lambda refusal: begun(refused(refusal)))
