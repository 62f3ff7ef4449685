"""Every response has the security headers and discloses nothing, whatever fails."""

import asyncio
import json
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp

from musterd.access.credentials import CredentialFile
from musterd.app import create_app
from musterd.images.image import Image
from musterd.settings import ServerSettings
from musterd.storage import catalogue, schema
from musterd.storage.store import ImageStore
from tests.server.support import asgi
from tests.server.support.asgi import Answer

# Internal details, for operators only.
INSIDE = re.compile(
    rb"Traceback|\w(?:Error|Exception)\b|site-packages|\.py\b|\bmusterd\.\w|\bline [0-9]+"
    rb"|\b(?:SELECT|INSERT|UPDATE)\b|sqlalchemy|sqlite|psycopg"
)
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def store() -> Iterator[ImageStore]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        yield opened


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> CredentialFile:
    file = CredentialFile(tmp_path_factory.mktemp("keys") / "credentials.json")
    file.add("default")
    return file


@pytest.fixture(scope="module")
def ask(store: ImageStore) -> Ask:
    return asking(create_app(store))


@pytest.fixture(scope="module")
def ask_unsigned(store: ImageStore, keys: CredentialFile) -> Ask:
    return asking(create_app(store, settings=ServerSettings(credentials=keys)))


def asking(app: ASGIApp) -> Ask:
    return lambda *args, **options: asyncio.run(asgi.ask(app, *args, **options))


def check(answer: Answer) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not any(name.startswith("access-control-") for name in answer.headers)
    assert not INSIDE.search(answer.body)


def test_the_leak_detector_finds_leaks() -> None:
    with (
        sa.create_engine("sqlite://").connect() as connection,
        pytest.raises(sa.exc.OperationalError) as raised,
    ):
        connection.execute(sa.select(schema.image.c.id))
    shown = "".join(traceback.format_exception(raised.value))
    for line in shown.splitlines():
        if line.strip().startswith(("Traceback", "File", "sqlalchemy", "[SQL")):
            assert INSIDE.search(line.encode()), line
    assert INSIDE.search(b'File "/opt/muster/server/musterd/app.py", line 7')


REQUESTS: list[tuple[str, str, Any]] = [
    ("/images/json", "GET", {}),
    ("/v1.23/images/json?all=1", "GET", {}),
    ("/images/json?filters=[", "GET", {}),
    ("/v1.23/images/json?filters=%7B%22x%22:1%7D", "GET", {}),
    ("/images/json?filters=" + "%5B" * 30_000, "GET", {}),
    ("/images/nosuch/json", "GET", {}),
    ("/images/" + "a" * 10_000 + "/json", "GET", {}),
    ("/images/%00%ff/json", "GET", {}),
    ("/images/load", "POST", {"body": [b"no archive"]}),
    ("/images/load", "POST", {"body": []}),
    ("/images/a/tag?repo=%00", "POST", {}),
    ("/images/a", "DELETE", {}),
    ("/nosuch", "GET", {}),
    ("//images//json", "GET", {}),
    ("/%zz", "GET", {}),
    ("*", "OPTIONS", {}),
    ("/images/json", "PATCH", {}),
    ("/v9.9/images/json", "GET", {}),
    ("/_ping", "GET", {}),
    ("/images/json", "GET", {"headers": {"Origin": "http://evil.example"}}),
]


@pytest.mark.parametrize(("target", "method", "options"), REQUESTS)
def test_every_response_has_the_security_headers(
    ask: Ask, target: str, method: str, options: Any
) -> None:
    answer = ask(target, method, **options)
    check(answer)
    assert answer.status < 500


@pytest.mark.parametrize(("target", "method", "options"), REQUESTS)
def test_unsigned_requests_get_the_same_headers(
    ask_unsigned: Ask, target: str, method: str, options: Any
) -> None:
    answer = ask_unsigned(target, method, **options)
    check(answer)
    assert answer.status == (200 if target == "/_ping" else 401)


@pytest.mark.parametrize(
    "text",
    ["x' OR '1'='1", 'x" OR "1"="1', "x'; DROP TABLE image; --", "%", "_", "x\\' OR 1=1", "\0"],
)
def test_sql_in_a_request_is_treated_as_text(
    ask: Ask, store: ImageStore, make_image: Callable[..., Image], text: str
) -> None:
    image = make_image(1, tags=["secret:1"], labels={"x": "y"})
    store.replace([image])
    for key in ("label", "reference"):
        filters = quote(json.dumps({key: [text]}))
        assert ask(f"/v1.41/images/json?all=1&filters={filters}").body in {b"[]\n", b"[]"}
    name = quote(text, safe="")
    for target, method in (
        (f"/images/{name}/json", "GET"),
        (f"/images/{name}?force=1", "DELETE"),
        (f"/images/{name}/tag?repo=a", "POST"),
        (f"/images/secret:1/tag?repo={name}&tag={name}", "POST"),
    ):
        answer = ask(target, method)
        check(answer)
        assert answer.status in {400, 404}
    assert store.images() == [image]


@pytest.fixture
def ask_broken() -> Iterator[Ask]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as broken:
        with broken._database.write_engine.begin() as connection:  # noqa: SLF001
            for table in (schema.reference, schema.image, schema.account):
                connection.execute(sa.schema.DropTable(table, if_exists=True))
        yield asking(create_app(broken))


def test_internal_errors_are_not_disclosed(ask_broken: Ask) -> None:
    for target, method in (
        ("/v1.41/images/json?all=1&digests=1", "GET"),
        ("/v1.23/images/json?all=1&digests=1", "GET"),
        ("/v1.41/images/a/json", "GET"),
        ("/v1.41/images/a/tag?repo=b", "POST"),
        ("/v1.41/images/a", "DELETE"),
        ("/info", "GET"),
    ):
        answer = ask_broken(target, method)
        assert answer.status == 500
        assert b"internal error; the server's log says more" in answer.body
        check(answer)
