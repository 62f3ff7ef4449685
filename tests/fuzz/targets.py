"""The fuzzed functions: their inputs, valid results and time limits."""

import asyncio
import io
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st
from starlette.types import ASGIApp

from musterd.access.authentication import Authentication
from musterd.access.credentials import Credential
from musterd.api.middleware.errors import ErrorResponses
from musterd.app import create_app
from musterd.archives import docker_archive, listing_json, reader
from musterd.errors import ArchiveError, ImportFileError
from musterd.settings import ServerSettings
from musterd.storage import catalogue
from tests.fuzz import archives, requests
from tests.fuzz.requests import Request
from tests.server.support import asgi
from tests.server.support.signing import ACCESS_KEY, RECORDED_AT, SECRET_KEY

# Seconds of processor time for any input, and more for each byte; what is measured is far below.
_SECONDS = 2.0
_SECONDS_PER_BYTE = 5 / 2**20


class Target(NamedTuple):
    """A function that receives untrusted input.

    Attributes:
        inputs: What is sent.
        run: Takes an input, and fails if it is not answered as it should be.
        size: The bytes of an input.
    """

    inputs: st.SearchStrategy[Any]
    run: Callable[[Any], None]
    size: Callable[[Any], int]

    def __call__(self, value: Any) -> None:
        """Run, and fail if that has taken too long as well."""
        start = time.process_time()
        self.run(value)
        seconds = time.process_time() - start
        allowed = _SECONDS + _SECONDS_PER_BYTE * self.size(value)
        assert seconds < allowed, f"it took {seconds:.1f} s of processor time"


@contextmanager
def targets() -> Iterator[dict[str, Target]]:
    """Give everything that is fuzzed, by its name."""
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        sample = resources.files("musterd").joinpath("sample.json").read_bytes()
        store.put(listing_json.parse(sample, "sample.json"))
        open_app = create_app(store)
        inner = create_app(store, settings=ServerSettings(host_names=None))
        signed_app = ErrorResponses(
            Authentication(
                inner, _Keys(), store, clock=lambda: RECORDED_AT, ticks=_ticks().__next__
            )
        )
        yield {
            "tar": Target(archives.tars, _read, len),
            "archive": Target(archives.archives, _read, len),
            "layout": Target(archives.layouts(), _import, _total),
            "filters": Target(requests.filters, _asked(open_app), _length),
            "paths": Target(requests.paths, _asked(open_app), _length),
            "signatures": Target(requests.signatures, _asked(signed_app), _length),
        }


def _ticks() -> Iterator[float]:
    """Advance the clock between two requests, so that the throttle refuses none."""
    return itertools.count(0, 1000)


class _Keys:
    def find(self, access_key: str) -> Credential | None:
        if access_key != ACCESS_KEY:
            return None
        return Credential(
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            account="default",
            created=datetime.now(UTC),
        )


def _read(data: bytes) -> None:
    message = "x.tar"
    try:
        docker_archive.read(io.BytesIO(data), "x.tar")
    except ArchiveError as error:
        message = str(error)
    assert message.startswith("x.tar")
    assert len(message) < 1000


def _import(files: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        message = ""
        try:
            reader.read(folder)
        except ImportFileError as error:
            message = str(error)
        assert len(message) < 1000 + len(folder)


def _total(files: Mapping[str, bytes]) -> int:
    return sum(map(len, files.values()))


def _asked(app: ASGIApp) -> Callable[[Request], None]:
    def run(request: Request) -> None:
        target, method, headers, body = request
        answer = asyncio.run(asgi.ask(app, target, method, headers=headers, body=[body]))
        assert 200 <= answer.status < 500, (answer.status, answer.body)

    return run


def _length(request: Request) -> int:
    return len(request.target) + len(request.body) + len(str(request.headers))
