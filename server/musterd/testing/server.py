"""A server in a thread of the test's process."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from musterd.contract import engines
from musterd.control.state import ServerState
from musterd.faults import plan
from musterd.faults.grease import Oddities
from musterd.http.sockets import TcpAddress, UnixAddress
from musterd.recording.request import RecordedRequest
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from musterd.testing import application
from musterd.testing.catalogue import Images, TestCatalogue, read


class Server(TestCatalogue):
    """A musterd in a thread of this process, on a free TCP port and a Unix socket.

    Use it in a ``with`` statement, or call `start` and `stop`. Several may run at a time.

    Attributes:
        url: The base URL for HTTP clients: ``http://127.0.0.1:40123``.
        docker_host: The value for `DOCKER_HOST`: ``tcp://127.0.0.1:40123``.
        socket: The path of the Unix socket.
    """

    url: str
    docker_host: str
    socket: Path

    def __init__(
        self,
        images: Images | None = None,
        *,
        grease: int | None = None,
        engine: str = engines.ANY.name,
    ) -> None:
        """Prepare a server.

        Args:
            images: The images to start with: the path of a file that ``musterd import`` accepts, or
                a listing, which may be empty; None for the sample images.
            grease: A seed for legal oddities in the responses; None for none.
            engine: What to imitate; ``musterd engines`` lists the names.

        Raises:
            ImportFileError: The images cannot be imported.
            ServeError: There is no such engine.
        """
        self._engine = engines.find(engine)
        self._resources = ExitStack()
        store = self._resources.enter_context(_memory())
        self._state = ServerState(store, read(images), oddities=Oddities(grease))
        super().__init__(store, self._state.initial)
        self.reset()

    def start(self) -> Self:
        """Start the server, and return it when it accepts connections.

        Raises:
            ServeError: The server does not start.
        """
        with ExitStack() as resources:
            folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="musterd-"))
            self.socket = Path(folder, "musterd.sock")
            running = application.run(
                self._state,
                [TcpAddress("127.0.0.1", 0), UnixAddress(self.socket)],
                self._engine,
            )
            resources.callback(running.stop)
            self._resources.push(resources.pop_all())
        self.docker_host = str(running.addresses[0])
        self.url = self.docker_host.replace("tcp://", "http://")
        return self

    def stop(self) -> None:
        """Stop the server at once, with its connections; the catalogue is lost."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def requests(self) -> Sequence[RecordedRequest]:
        """The requests since the last `reset`, in the order in which they arrived.

        Of more than 10,000, only the latest are kept.
        """
        return self._state.journal.all()

    def assert_no_problems(self) -> None:
        """Check that all `requests` conform to the contract of their API versions.

        Raises:
            AssertionError: One does not; the message lists all that do not, with the reasons.
        """
        found = [str(request) for request in self.requests if request.problems]
        if found:
            raise AssertionError("\n".join(["requests depart from the contract:", *found]))

    def respond(
        self,
        *,
        status: int | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float | str = 0.0,
        cut_after: int | None = None,
        hang: bool = False,
        reset: bool = False,
        method: str | None = None,
        path: str | None = None,
        times: int | None = None,
        every: int = 1,
    ) -> None:
        """Give coming requests a fault, until the next `reset`. The latest fault counts.

        Args:
            status: The status of the response: ``500``.
            message: The error message in that response.
            headers: Additional headers of that response: ``{"Retry-After": "1"}``.
            delay: The time to wait before the response: ``300ms``, ``1.5s``, or seconds.
            cut_after: Bytes of the body after which the connection is closed.
            hang: Whether never to answer.
            reset: Whether to reset the connection.
            method: The method of the requests; None for any.
            path: A pattern for the path without API version: ``/images/*``; None for any.
            times: How many requests get the fault; None for all.
            every: Which of them get it: 5 means the fifth, the tenth, and so on.

        Raises:
            FaultError: A value is invalid, or several exclude each other.
        """
        self._state.faults.add(
            plan.fault(
                status=status,
                message=message,
                headers=headers,
                delay=delay,
                cut_after=cut_after,
                hang=hang,
                reset=reset,
                method=method,
                path=path,
                times=times,
                every=every,
            )
        )

    def reset(self) -> None:
        """Restore the images that the server started with; forget all requests and faults."""
        self._state.reset()

    def start_over(self, images: Images | None = None, *, grease: int | None = None) -> None:
        """Do as a new server with these arguments would do, without its start.

        Args:
            images: As for `Server`; `reset` restores these from now on.
            grease: As for `Server`.

        Raises:
            ImportFileError: The images cannot be imported.
        """
        self._state.initial = read(images)
        self._state.oddities.seed = grease
        self.reset()


def _memory() -> closing[ImageStore]:
    return closing(catalogue.open_store(catalogue.MEMORY))
