"""A server in a thread of the test's process."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from starlette.types import ASGIApp

from musterd.contract import engines
from musterd.control.state import ServerState, Start
from musterd.departures.imitation import Imitation
from musterd.faults import plan
from musterd.http.sockets import TcpAddress, UnixAddress
from musterd.images.image import Image
from musterd.recording.request import RecordedRequest
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.sources import Sources
from musterd.seeds.addition import Item
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from musterd.testing import application
from musterd.testing.catalogue import Images, TestCatalogue, read_both


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens.

    Attributes:
        url: The base URL for HTTP clients: ``http://127.0.0.1:40123``.
        docker_host: The value for `DOCKER_HOST`: ``tcp://127.0.0.1:40123``.
        socket: The path of the Unix socket.
    """

    url: str
    docker_host: str
    socket: Path


class Server(TestCatalogue):
    """A musterd in a thread of this process, on a free TCP port and a Unix socket.

    Use it in a ``with`` statement, or call `start` and `stop`. Several may run at a time.

    Attributes:
        url: As for `Endpoint`.
        docker_host: As for `Endpoint`.
        socket: As for `Endpoint`.
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
        departures: Sequence[str] = (),
        api_min: str | None = None,
        api_max: str | None = None,
        registries: Sequence[str] = (),
    ) -> None:
        """Prepare a server.

        Args:
            images: The images to start with: the path of a file that ``musterd import`` accepts, or
                a listing, which may be empty; None for the sample images.
            grease: A seed for legal oddities in the responses; None for none.
            engine: What to imitate; ``musterd engines`` lists the names.
            departures: The requirements to break, as ``musterd departures`` lists them.
            api_min: The oldest API version to serve; None for the engine's.
            api_max: The newest API version to serve; None for the engine's.
            registries: The registries that clients can pull from and push to: ``localhost:5000``.

        Raises:
            ImportFileError: The images cannot be imported.
            ServeError: There is no such engine, departure or API version; the message lists all;
                or a registry is invalid.
        """
        self._resources = ExitStack()
        imitation = _imitation(engine, departures, api_min, api_max)
        self._sources = Sources(Registries(map(RegistryAddress.parse, registries)))
        found, pullable = read_both(images)
        start = Start(images=found, pullable=pullable, imitation=imitation, grease=grease)
        store = self._resources.enter_context(_memory())
        self._engine = application.switch(store, imitation, self._sources)
        self._state = ServerState(store, start, self._engine, self._sources.pullable)
        super().__init__(store, start.images)
        self.reset()

    def start(self) -> Self:
        """Start the server, and return it when it accepts connections.

        Raises:
            ServeError: The server does not start.
        """
        started = self._listen(self._engine)
        self.url, self.docker_host, self.socket = started.url, started.docker_host, started.socket
        return self

    def serve_as(
        self,
        engine: str,
        *,
        departures: Sequence[str] = (),
        api_min: str | None = None,
        api_max: str | None = None,
    ) -> Endpoint:
        """Serve the same catalogue as another engine too, at another port and socket.

        Requests there are among `requests`, and faults concern them. `imitate`, `start_over` and
        `reset` leave this engine as it is; it stops with the server.

        Args:
            engine: What to imitate there.
            departures: As for `Server`.
            api_min: As for `Server`.
            api_max: As for `Server`.

        Raises:
            ServeError: There is no such engine, departure or API version; or it does not start.
        """
        imitation = _imitation(engine, departures, api_min, api_max)
        return self._listen(application.imitating(self._state.store, imitation, self._sources))

    def _listen(self, app: ASGIApp) -> Endpoint:
        with ExitStack() as resources:
            folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="musterd-"))
            socket = Path(folder, "musterd.sock")
            addresses = (TcpAddress("127.0.0.1", 0), UnixAddress(socket))
            running = application.run(app, self._state, addresses)
            resources.callback(running.stop)
            self._resources.push(resources.pop_all())
        docker_host = str(running.addresses[0])
        return Endpoint(docker_host.replace("tcp://", "http://"), docker_host, socket)

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

    def _add(self, items: Sequence[Item]) -> Sequence[Image]:
        return self._state.add(items)

    def _id_of(self, image: Image) -> str:
        return self._state.id_of(image)

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

    def imitate(
        self,
        engine: str,
        *,
        departures: Sequence[str] = (),
        api_min: str | None = None,
        api_max: str | None = None,
    ) -> None:
        """Answer as another engine, until the next `reset`.

        Args:
            engine: What to imitate.
            departures: As for `Server`.
            api_min: As for `Server`.
            api_max: As for `Server`.

        Raises:
            ServeError: There is no such engine, departure or API version; nothing changes.
        """
        self._engine.imitate(_imitation(engine, departures, api_min, api_max))

    def reset(self) -> None:
        """Restore what the server started with; forget all requests and faults."""
        self._state.reset()

    def start_over(
        self,
        images: Images | None = None,
        *,
        grease: int | None = None,
        engine: str = engines.ANY.name,
        departures: Sequence[str] = (),
        api_min: str | None = None,
        api_max: str | None = None,
    ) -> None:
        """Do as a new server with these arguments would do, without its start.

        `reset` restores these from now on.

        Args:
            images: As for `Server`.
            grease: As for `Server`.
            engine: As for `Server`.
            departures: As for `Server`.
            api_min: As for `Server`.
            api_max: As for `Server`.

        Raises:
            ImportFileError: The images cannot be imported.
            ServeError: There is no such engine, departure or API version.
        """
        imitation = _imitation(engine, departures, api_min, api_max)
        imitation.resolve()
        found, pullable = read_both(images)
        self._state.start = Start(
            images=found, pullable=pullable, imitation=imitation, grease=grease
        )
        self.reset()


def _imitation(
    engine: str, departures: Sequence[str], api_min: str | None, api_max: str | None
) -> Imitation:
    if isinstance(departures, str):
        # What a command line takes.
        departures = [departures]
    return Imitation(engine=engine, departures=tuple(departures), api_min=api_min, api_max=api_max)


def _memory() -> closing[ImageStore]:
    return closing(catalogue.open_store(catalogue.MEMORY))
