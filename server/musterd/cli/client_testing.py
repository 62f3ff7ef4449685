"""The options of ``musterd serve`` for testing clients, and their effects."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import click
import cloup

from musterd.cli.options import collected
from musterd.control.engine_switch import EngineSwitch
from musterd.control.state import ServerState, Start
from musterd.departures.imitation import Imitation
from musterd.errors import ServeError
from musterd.faults.grease import Grease, Oddities
from musterd.http import sockets
from musterd.http.refusals import Refusal, Refused
from musterd.images.image import Image
from musterd.recording import recorder
from musterd.recording.access_log import AccessLog, Format
from musterd.recording.recorder import Listener, RequestRecorder
from musterd.registry.pullable import PullableImages
from musterd.settings import ServerSettings
from musterd.storage.store import ImageStore

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTestingOptions:
    """What helps to test clients.

    Attributes:
        access_log: The form of the access log; None for no log.
        grease: The seed of oddities; None for none.
        control: The address of the control API; None for none.
        search_results: The names of repositories that a search finds.
    """

    access_log: Format | None
    grease: int | None
    control: str | None
    search_results: Sequence[str] = ()


testing_options = collected(
    "testing",
    ClientTestingOptions,
    cloup.option_group(
        "Testing clients",
        cloup.option(
            "--access-log",
            type=click.Choice(get_args(Format)),
            help="Write a line for each request to standard error, with how it departs from the "
            "contract of its API version.",
        ),
        cloup.option(
            "--grease",
            metavar="SEED",
            type=int,
            help="Serve oddities that the contract allows, such as unknown members, names in "
            "another order and empty lists in place of null. SEED is any whole number.",
        ),
        cloup.option(
            "--control",
            metavar="ADDRESS",
            help="Let tests add images, look at requests and cause faults, through an API at this "
            "address: tcp://127.0.0.1:PORT, or unix:///PATH.",
        ),
        cloup.option(
            "--search-result",
            "search_results",
            metavar="NAME",
            multiple=True,
            help="A repository that `docker search` finds. May be given several times.",
        ),
    ),
)


class ClientTesting:
    """The effects of the options on a server."""

    def __init__(
        self, options: ClientTestingOptions, settings: ServerSettings, workers: int
    ) -> None:
        """Check the options.

        Raises:
            click.UsageError: Other options contradict them.
            AddressError: The address of the control API is invalid.
            ServeError: Others could reach the control API.
        """
        self._options = options
        self._log: Listener | None = None
        if options.access_log is not None:
            self._log = AccessLog(sys.stderr, options.access_log).write
        self._journal: Listener | None = None
        self._address = None if options.control is None else sockets.parse(options.control)
        if self._address is None:
            return
        if workers > 1:
            raise click.UsageError("--control controls one process: leave out --workers.")
        if settings.credentials is not None:
            raise click.UsageError(
                "--control asks for no signatures: add --insecure, or leave it out."
            )
        if not sockets.is_local(self._address):
            raise ServeError(
                f"others can reach {self._address}: the control API must be on this machine only"
            )

    @property
    def refused(self) -> Refused | None:
        """The callback for requests that never reach the application."""
        return None if self._log is None and self._address is None else self._note

    @contextmanager
    def around(
        self,
        app: "ASGIApp",
        store: ImageStore,
        images: Sequence[Image] | None,
        engine: EngineSwitch | None,
        pullable: PullableImages,
    ) -> "Iterator[ASGIApp]":
        """Provide the application with all that the options add, in the process that serves it.

        Args:
            app: The application.
            store: The catalogue.
            images: The images that the catalogue starts with, if they are known.
            engine: What in the application changes the engine, if anything.
            pullable: The images that can be pulled.
        """
        grease = self._options.grease
        with ExitStack() as resources:
            if self._address is not None:
                start = Start(
                    images=store.images() if images is None else images,
                    pullable=pullable.images,
                    imitation=Imitation() if engine is None else engine.imitation,
                    grease=grease,
                )
                state = ServerState(store, start, engine, pullable)
                app = resources.enter_context(self._controlled(app, state))
            elif grease is not None:
                app = Grease(app, Oddities(grease))
            yield app if self._log is None else RequestRecorder(app, ended=self._log)

    @contextmanager
    def _controlled(self, app: "ASGIApp", state: ServerState) -> "Iterator[ASGIApp]":
        # Import only on demand: other servers do not need these modules.
        from musterd.control.api import create_control  # noqa: PLC0415
        from musterd.control.middleware import controlled  # noqa: PLC0415
        from musterd.http.background import BackgroundServer  # noqa: PLC0415

        self._journal = state.journal.add
        addresses = () if self._address is None else (self._address,)
        running = BackgroundServer.start(create_control(state), addresses)
        try:
            for address in running.addresses:
                click.echo(f"musterd: control on {address}")
            yield controlled(app, state)
        finally:
            running.stop()

    def _note(self, refusal: Refusal) -> None:
        for listener in filter(None, (self._journal, self._log)):
            listener(recorder.refused(refusal))
