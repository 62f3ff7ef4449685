import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from musterd.app import create_app
from musterd.archives import listing_json
from musterd.images import reference
from musterd.images.image import Image
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.support import asgi, statements
from tests.server.support.asgi import Answer
from tests.support.missing import missing
from tools import postgresql as postgres

Ask = Callable[..., Any]


@pytest.fixture(autouse=True, scope="session")
def every_statement_names_its_account() -> Iterator[None]:
    """As the tests reach every line of the store, they send every statement that it has."""
    statements.watch()
    yield
    statements.unwatch()


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def postgresql_programs() -> Path:
    """Return the folder of PostgreSQL's programs, or skip the test."""
    try:
        return postgres.programs()
    except postgres.NotInstalledError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def postgres_server(postgresql_programs: Path) -> Iterator[postgres.Server]:
    """Start a PostgreSQL server for all tests; each deletes what it makes beside `musterd`."""
    assert postgresql_programs
    with postgres.started() as server:
        yield server


@pytest.fixture
def postgresql(postgres_server: postgres.Server) -> str:
    """Return the URL of a PostgreSQL database without a catalogue, for a superuser."""
    postgres_server.execute("DROP SCHEMA IF EXISTS musterd CASCADE")
    return postgres_server.url()


@pytest.fixture
def postgresql_confined(postgresql: str, postgres_server: postgres.Server) -> str:
    """Return the URL of a user subject to row-level security, as in production."""
    assert postgresql == postgres_server.url()
    return postgres_server.url(user=postgres.ORDINARY)


@pytest.fixture(params=["memory", "file", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a place for a catalogue, in every kind of database."""
    if request.param == "memory":
        return catalogue.MEMORY
    if request.param == "file":
        return f"sqlite:///{tmp_path}/any.db"
    return request.getfixturevalue("postgresql_confined")


@pytest.fixture(params=["file", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a place for a catalogue that several processes can share."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/shared.db"
    return request.getfixturevalue("postgresql_confined")


@pytest.fixture
def store(any_url: str) -> Iterator[ImageStore]:
    """Open an empty store, in every kind of database."""
    with closing(catalogue.open_store(any_url)) as opened:
        yield opened


@pytest.fixture
def seed(store: ImageStore, data: Path) -> ImageStore:
    store.put(listing_json.parse((data / "seed.json").read_bytes(), "seed.json"))
    return store


@pytest.fixture(scope="session")
def ask_app() -> Callable[..., Answer]:
    """Ask an application; see `asgi.ask`."""

    def ask(*args: Any, **options: Any) -> Answer:
        return asyncio.run(asgi.ask(*args, **options))

    return ask


@pytest.fixture
def ask(store: ImageStore, ask_app: Ask) -> Callable[..., Answer]:
    """Ask the application that answers from `store`."""
    app = create_app(store)
    return lambda *args, **options: ask_app(app, *args, **options)


@pytest.fixture(scope="session")
def make_image() -> Callable[..., Image]:
    """Make an image from a number, which determines the Id, and given values."""

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
