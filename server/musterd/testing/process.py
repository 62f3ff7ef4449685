"""A server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from musterd.contract import engines
from musterd.errors import ServeError
from musterd.images.image import Image
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from musterd.testing.catalogue import TestCatalogue, read

_READY = "musterd: listening on tcp://"
# Seconds for the server to stop.
_END_TIMEOUT = 10
# Independent of the working directory and of PATH.
_COMMAND = (sys.executable, "-P", "-c", "from musterd.cli.main import main; main()")


class ServerProcess(TestCatalogue):
    """A musterd in a process of its own, which holds the sample images until a test changes them.

    Attributes:
        url: The base URL for HTTP clients: ``http://127.0.0.1:40123``.
        docker_host: The value for `DOCKER_HOST`: ``tcp://127.0.0.1:40123``.
    """

    def __init__(self, host: str, store: ImageStore, engine: str) -> None:
        super().__init__(store, read(None))
        self._engine = engines.find(engine)
        self.url = f"http://{host}"
        self.docker_host = f"tcp://{host}"

    def _id_of(self, image: Image) -> str:
        return self._engine.id_of(image)


@contextmanager
def serving(
    folder: Path, *, engine: str = engines.ANY.name, departures: Sequence[str] = ()
) -> Iterator[ServerProcess]:
    """Run a server in a process of its own, on a free port, with the sample images.

    Args:
        folder: An empty folder for the catalogue and the server's log.
        engine: What to imitate; ``musterd engines`` lists the names.
        departures: The requirements to break, as ``musterd departures`` lists them.

    Raises:
        ServeError: The server does not start; the message says why.
    """
    url = f"sqlite:///{folder.absolute() / 'catalogue.db'}"
    log = folder / "log"
    with closing(catalogue.open_store(url)) as store, log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603
            # Do not pick up the user's own credentials.
            [
                *(*_COMMAND, "serve", "--db", url, "--listen", "tcp://127.0.0.1:0", "--insecure"),
                *("--engine", engine, "--depart", ",".join(departures)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            server = ServerProcess(_host(process, log), store, engine)
            server.reset()
            yield server
        finally:
            process.terminate()
            process.communicate(timeout=_END_TIMEOUT)


def _host(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server is ready, and return its host and port."""
    line = process.stdout.readline().decode() if process.stdout else ""
    if not line.startswith(_READY):
        raise ServeError(f"musterd does not start: {log.read_text(errors='replace').strip()}")
    return line.removeprefix(_READY).strip()
