"""A running server for client tests.

With pytest, take the fixture `musterd` (see `musterd.pytest_plugin`). Otherwise::

    with serving(Path(folder)) as server:
        ...
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from musterd.archives import listing_json, reader
from musterd.errors import ServeError
from musterd.storage import catalogue
from musterd.storage.store import ImageStore

_READY = "musterd: listening on tcp://"
# Seconds for the server to stop.
_END_TIMEOUT = 10
# Independent of the working directory and of PATH.
_COMMAND = (sys.executable, "-P", "-c", "from musterd.cli.main import main; main()")


class Server:
    """A running musterd and its catalogue, which holds the sample images until a test changes it.

    Attributes:
        url: The base URL for HTTP clients: ``http://127.0.0.1:40123``.
        docker_host: The value for `DOCKER_HOST`: ``tcp://127.0.0.1:40123``.
    """

    def __init__(self, host: str, store: ImageStore) -> None:
        self.url = f"http://{host}"
        self.docker_host = f"tcp://{host}"
        self._store = store

    def import_listing(self, images: Sequence[Mapping[str, Any]]) -> None:
        """Add images, in the form of a response to ``GET /images/json?all=1&digests=1``.

        Only `Id`, `Created` and `Size` are required. An image replaces one with the same Id, and
        a tag moves from the image that has it.

        Raises:
            ListingError: The images are invalid or contradict each other; none is added.
        """
        self._store.put(listing_json.parse(json.dumps(images).encode(), "the listing"))

    def import_file(self, path: str | os.PathLike[str]) -> None:
        """Add the images in a file of any format that ``musterd import`` accepts.

        Raises:
            ImportFileError: The file cannot be imported; no image is added.
        """
        self._store.put(reader.read(os.fspath(path)))

    def export(self) -> list[dict[str, Any]]:
        """Return all images in the form that `import_listing` takes."""
        images: list[dict[str, Any]] = json.loads(listing_json.export(self._store.images()))
        return images

    def clear(self) -> None:
        """Remove all images."""
        self._store.replace([])

    def reset(self) -> None:
        """Restore the sample images."""
        sample = resources.files("musterd").joinpath("sample.json").read_bytes()
        self._store.replace(listing_json.parse(sample, "sample.json"))


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run a server on a free port, with the sample images in its catalogue.

    Args:
        folder: An empty folder for the catalogue and the server's log.

    Raises:
        ServeError: The server does not start; the message says why.
    """
    url = f"sqlite:///{folder.absolute() / 'catalogue.db'}"
    log = folder / "log"
    with closing(catalogue.open_store(url)) as store, log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603
            # Do not pick up the user's own credentials.
            [*_COMMAND, "serve", "--db", url, "--listen", "tcp://127.0.0.1:0", "--insecure"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            server = Server(_host(process, log), store)
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
