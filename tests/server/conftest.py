import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from musterd import database, import_listing, reference
from musterd.app import create_app
from musterd.image import Image
from musterd.store import SqlImageStore

from . import postgres

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for all tests; each cleans up what it makes beside `musterd`."""
    with postgres.new_server() as server, postgres.running(server):
        yield server


@pytest.fixture
def postgresql(postgres_server: postgres.Server) -> str:
    """The URL of a PostgreSQL database without a catalogue."""
    postgres_server.execute("DROP SCHEMA IF EXISTS musterd CASCADE")
    return postgres_server.url()


@pytest.fixture(params=["memory", "file", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place for a catalogue, in every kind of database."""
    if request.param == "memory":
        return database.MEMORY
    if request.param == "file":
        return f"sqlite:///{tmp_path}/any.db"
    return request.getfixturevalue("postgresql")


@pytest.fixture(params=["file", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place for a catalogue that several processes can share."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/shared.db"
    return request.getfixturevalue("postgresql")


@pytest.fixture
def store(any_url: str) -> Iterator[SqlImageStore]:
    """An empty store, in every kind of database."""
    with closing(database.open_store(any_url)) as opened:
        yield opened


@pytest.fixture
def seed(store: SqlImageStore, data: Path) -> SqlImageStore:
    store.put(import_listing.parse((data / "seed.json").read_bytes(), "seed.json"))
    return store


async def _ask(
    app: Any, method: str, target: str, headers: dict[str, str], body: Sequence[bytes]
) -> Answer:
    raw_path, _, query_string = target.encode("latin-1").partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),
        "raw_path": raw_path,
        "query_string": query_string,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2375),
    }
    sent = []
    pieces = list(body)

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


@pytest.fixture(scope="session")
def ask_app() -> Callable[..., Answer]:
    """Ask an application, with the target as it would stand in the request line.

    The body comes in pieces; with none at all the client is gone before its end.
    """

    def ask(
        app: Any,
        target: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: Sequence[bytes] = (b"",),
    ) -> Answer:
        return asyncio.run(_ask(app, method, target, headers or {}, body))

    return ask


@pytest.fixture
def ask(store: SqlImageStore, ask_app: Ask) -> Callable[..., Answer]:
    """Ask the application that answers from `store`."""
    app = create_app(store)
    return lambda *args, **options: ask_app(app, *args, **options)


@pytest.fixture(scope="session")
def make_image() -> Callable[..., Image]:
    """Make an image from a number, which gives the Id, and whatever matters."""

    def make(
        number: int, *, tags: Any = (), digests: Any = (), parent: Any = None, **rest: Any
    ) -> Image:
        return Image(
            **{
                "id": f"sha256:{number:064x}",
                "parent": None if parent is None else f"sha256:{parent:064x}",
                "created": 1_000_000 + number,
                "size": 10,
                "virtual_size": 10,
                "labels": None,
                "tags": tuple(map(reference.parse, tags)),
                "digests": tuple(map(reference.parse, digests)),
                **rest,
            }
        )

    return make
